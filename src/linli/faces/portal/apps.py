from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "linli.faces.portal"
    label = "portal"
    verbose_name = "居民端"

    def ready(self) -> None:
        from linli.faces.portal import navigation  # noqa: F401 - registers itself
