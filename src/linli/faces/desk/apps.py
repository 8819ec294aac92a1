from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "linli.faces.desk"
    label = "desk"
    verbose_name = "工作台"

    def ready(self) -> None:
        from linli.faces.desk import navigation  # noqa: F401 - registers itself
