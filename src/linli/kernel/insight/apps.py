from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "linli.kernel.insight"
    label = "insight"
    verbose_name = "指标"
