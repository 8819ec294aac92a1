from django.apps import AppConfig


class AreasConfig(AppConfig):
    name = "linli.kernel.areas"
    label = "areas"
    verbose_name = "区域"
    default_auto_field = "django.db.models.BigAutoField"
