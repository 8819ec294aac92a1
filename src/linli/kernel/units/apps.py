from django.apps import AppConfig


class UnitsConfig(AppConfig):
    name = "linli.kernel.units"
    label = "units"
    verbose_name = "单位与岗位"
    default_auto_field = "django.db.models.BigAutoField"
