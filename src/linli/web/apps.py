from django.apps import AppConfig
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy

from linli.lib.texts import NO_NUL


class WebConfig(AppConfig):
    name = "linli.web"
    label = "web"
    verbose_name = "界面"

    def ready(self) -> None:
        # Django's own Chinese says that empty text is not allowed, which is something else
        ProhibitNullCharactersValidator.message = gettext_lazy(NO_NUL)
