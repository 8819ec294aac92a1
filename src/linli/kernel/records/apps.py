from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "linli.kernel.records"
    label = "records"
    verbose_name = "记录"
