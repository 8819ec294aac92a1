"""The web application as the server (Granian) loads it."""

import os

from django.core.wsgi import get_wsgi_application

from linli.config.processes import end_with_parent
from linli.lib.garbage import share_heaps

share_heaps(2)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
application = get_wsgi_application()
end_with_parent()
