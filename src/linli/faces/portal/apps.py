from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "linli.faces.portal"
    label = "portal"
    verbose_name = "居民端"
