from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "linli.kernel.vault"
    label = "vault"
    verbose_name = "个人信息库"
    default_auto_field = "django.db.models.BigAutoField"
