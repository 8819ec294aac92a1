from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "linli.kernel.identity"
    label = "identity"
    verbose_name = "登录安全"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_login_failed

        from linli.kernel.identity import entering, failures, permissions, single_sign_on  # noqa: F401
        from linli.web import sessions

        sessions.ask_for(entering.ask)
        sessions.offer(single_sign_on.way)
        user_login_failed.connect(failures.wrong_password, dispatch_uid="identity.wrong_password")
