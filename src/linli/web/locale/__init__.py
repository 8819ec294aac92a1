"""Words of the screens. Chinese is the source; ``<language>/LC_MESSAGES/django.po`` holds a translation."""
