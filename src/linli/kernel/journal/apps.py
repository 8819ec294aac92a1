from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "linli.kernel.journal"
    label = "journal"
    verbose_name = "留痕"
    default_auto_field = "django.db.models.BigAutoField"
