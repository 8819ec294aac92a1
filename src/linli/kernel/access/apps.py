from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "linli.kernel.access"
    label = "access"
    verbose_name = "权限"

    def ready(self) -> None:
        from linli.kernel.access.posts import roles_of_posts
        from linli.kernel.units import terms

        terms.lend(roles_of_posts)
