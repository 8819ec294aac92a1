from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "linli.kernel.records"
    label = "records"
    verbose_name = "记录"

    def ready(self) -> None:
        from linli.kernel.records import connections  # noqa: F401 - it listens to requests
