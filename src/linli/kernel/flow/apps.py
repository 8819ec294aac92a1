from django.apps import AppConfig


class FlowConfig(AppConfig):
    name = "linli.kernel.flow"
    label = "flow"
    verbose_name = "流程"
    default_auto_field = "django.db.models.BigAutoField"
