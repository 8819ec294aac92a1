from django.apps import AppConfig


class WallConfig(AppConfig):
    name = "linli.faces.wall"
    label = "wall"
    verbose_name = "指挥屏"

    def ready(self) -> None:
        from linli.faces.wall import navigation  # noqa: F401 - registers the way here from the desk
