from django.apps import AppConfig


class MattersConfig(AppConfig):
    name = "linli.domains.matters"
    label = "matters"
    verbose_name = "事项"
    default_auto_field = "django.db.models.BigAutoField"
