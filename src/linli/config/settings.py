"""Settings: one file, read from the environment, with safe defaults (see ``environment``)."""

from __future__ import annotations

import datetime as dt

from linli.config import environment as env

DATA_DIR = env.data_dir()
SECRET_KEY = env.secret("SECRET_KEY")
VAULT_KEY = env.secret("VAULT_KEY")
VAULT_CIPHER = env.text("VAULT_CIPHER", "sm4")
VAULT_LOG_DAYS = env.number("VAULT_LOG_DAYS", 1096)
OUTBOX_DIR = DATA_DIR / "outbox"
MESSAGE_CHANNEL = env.text("MESSAGE_CHANNEL", "file")
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
DEBUG = env.flag("DEBUG")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "procrastinate.contrib.django",
    "linli.web",
    "linli.kernel.records",
    "linli.kernel.areas",
    "linli.kernel.units",
    "linli.kernel.access",
    "linli.kernel.clocks",
    "linli.kernel.journal",
    "linli.kernel.vault",
    "linli.kernel.files",
    "linli.kernel.identity",
    "linli.kernel.notices",
    "linli.kernel.flow",
    "linli.kernel.insight",
    "linli.domains.matters",
    "linli.domains.cases",
    "linli.faces.desk",
    "linli.faces.portal",
    "linli.faces.wall",
    "linli.config",
]

MIDDLEWARE = [
    "linli.web.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "linli.web.sessions.IdleMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "linli.kernel.access.middleware.ActorMiddleware",
    "linli.web.middleware.BrowserPolicyMiddleware",
    "linli.web.middleware.RefusalMiddleware",
]
CSRF_FAILURE_VIEW = "linli.web.views.csrf_failure"

ROOT_URLCONF = "linli.config.urls"
WSGI_APPLICATION = "linli.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "linli.web.context.shell",
                "linli.config.context.city",
            ],
        },
    }
]

DATABASES = {"default": env.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "units.Account"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/desk/"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [env.CHECKOUT / "src" / "linli" / room / "locale" for room in ("web", "kernel")]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = env.CHECKOUT / "static-build"
STATICFILES_DIRS = [("vendor", env.CHECKOUT / "node_modules" / ".linli")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "linli.web.storage.StaticStorage"},
}
MEDIA_ROOT = DATA_DIR / "files"

# in the database alone: what a process kept in memory would outlive a sign-out made in another
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = env.number("SESSION_HOURS", 12) * 3600
SESSION_IDLE = dt.timedelta(minutes=env.number("SESSION_IDLE_MINUTES", 60))
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # pages carry the token themselves
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.flag("HTTPS"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31_536_000

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

CITY_NAME = env.text("CITY_NAME", "")
SECOND_FACTOR_ROLES = env.words("SECOND_FACTOR_ROLES", "system_admin,security_admin,audit_admin")
OIDC_ISSUER = env.text("OIDC_ISSUER")
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET_FILE = env.text("OIDC_CLIENT_SECRET_FILE")
OIDC_CLAIM = env.text("OIDC_CLAIM", "preferred_username")
OIDC_SCOPE = env.text("OIDC_SCOPE", "openid profile")
OIDC_NAME = env.text("OIDC_NAME")
CLIENT_ADDRESS_HEADER = env.text("CLIENT_ADDRESS_HEADER")
PORTAL_REPORTS_PER_HOUR = env.number("PORTAL_REPORTS_PER_HOUR", 60)
PORTAL_PHOTOS_PER_HOUR = env.number("PORTAL_PHOTOS_PER_HOUR", 400)
PORTAL_WRONG_CODES_PER_QUARTER = env.number("PORTAL_WRONG_CODES_PER_QUARTER", 20)
UPLOAD_LIMIT = env.number("UPLOAD_MB", 10) * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # refusals are answers, told to whoever asked; only our own errors belong in the log
    "loggers": {"django.request": {"level": "ERROR"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
}
