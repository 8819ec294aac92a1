from django.apps import AppConfig


class WiringConfig(AppConfig):
    name = "linli.config"
    label = "config"
    verbose_name = "装配"

    def ready(self) -> None:
        from linli.config import holding, roles  # noqa: F401 - declared once every domain is loaded
