from django.apps import AppConfig


class ClocksConfig(AppConfig):
    name = "linli.kernel.clocks"
    label = "clocks"
    verbose_name = "时限"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from linli.kernel.clocks import jobs, permissions  # noqa: F401 - declared when apps are
