from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "linli.domains.cases"
    label = "cases"
    verbose_name = "事件"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from linli.domains.cases import handlers, indicators, jobs, kinds, purposes  # noqa: F401 - they register themselves
