"""django-helpdesk as its manual sets it up for one organisation, on PostgreSQL.

Read by django-helpdesk's own Python, where Linli is not installed. Everything that costs time and that an
installation could do without is left out: mail is composed and thrown away, database connections are kept.
"""

import os

SECRET_KEY = "a throw-away system on the loopback"  # noqa: S105 - keeps nothing secret
DEBUG = False
ALLOWED_HOSTS = ["localhost"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.admin",
    "django.contrib.humanize",
    "rest_framework",
    "helpdesk",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["PEER_DATABASE"],
        "HOST": os.environ["PEER_DATABASE_HOST"],
        "USER": "postgres",
        "CONN_MAX_AGE": None,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LANGUAGE_CODE = "en"
LOGIN_URL = "/login/"
MEDIA_ROOT = os.environ["PEER_FOLDER"]
ROOT_URLCONF = "urls"
SITE_ID = 1
STATIC_URL = "/static/"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

HELPDESK_TEAMS_MODE_ENABLED = False
"""Teams ask for packages of their own, and for nothing that is measured."""
