"""Settings of the demo host. Environment variables give the location of its data and of other servers."""

import os
from pathlib import Path
from typing import Any

import dj_database_url
import django

from demo.host import broker
from edx_proctoring.settings.schedule import BEAT_SCHEDULE

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DEMO_DATA", ROOT / ".demo"))
PORT = os.environ.get("DEMO_PORT", "8000")
SIMULATOR_PORT = os.environ.get("DEMO_SIMULATOR_PORT", "11136")
FAULT = os.environ.get("DEMO_FAULT", "")

SECRET_KEY = "a demo has no secrets"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "demo.host.urls"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("pt-br", "Português (Brasil)"),
    ("ar", "العربية"),
    ("zh-hans", "简体中文"),
]
STATIC_URL = "/static/"
SITE_ID = 1
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "/"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.staticfiles",
    "rest_framework",
    "rules.apps.AutodiscoverRulesConfig",
    "waffle",
    "simple_history",
    "edx_when",
    "oauth2_provider",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "edx_proctoring",
    "edx_proctoring.contrib.accommodations",
    "edx_proctoring.contrib.live",
    "demo.host.apps.HostConfig",
]
MIDDLEWARE = [
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "crum.CurrentRequestUserMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "demo.host.clock.FastClockMiddleware",
]
WHITENOISE_USE_FINDERS = True
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "rules.permissions.ObjectPermissionBackend",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],  # a host's overrides
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

_DATABASE = os.environ.get("DATABASE_URL") or f"sqlite:///{DATA / 'demo.sqlite3'}"
DATABASES: dict[str, Any] = {"default": dj_database_url.parse(_DATABASE)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20}
if DATABASES["default"]["ENGINE"].endswith("mysql"):
    DATABASES["default"]["OPTIONS"] = {"charset": "utf8mb4"}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(DATA / "cache"),
    }
}

# Celery: without a server, tasks are files.
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL") or f"{broker.SCHEME}://"
CELERY_TASK_DEFAULT_QUEUE = os.environ.get("DEMO_QUEUE", "demo")
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
if f"{broker.SCHEME}://" == CELERY_BROKER_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(DATA / "queue"),
        "data_folder_out": str(DATA / "queue"),
        "control_folder": str(DATA / "control"),
        "polling_interval": 0.2,
    }
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE

# E-mails are files.
MAILS = DATA / "mails"
MAIL = ("filebased", {"file_path": str(MAILS)})
if FAULT == "mail":
    MAIL = ("smtp", {"host": "127.0.0.1", "port": 9, "timeout": 2})
if django.VERSION < (6, 1):
    EMAIL_BACKEND = f"django.core.mail.backends.{MAIL[0]}.EmailBackend"
    globals().update({f"EMAIL_{name.upper()}": value for name, value in MAIL[1].items()})
else:
    MAILERS = {
        "default": {
            "BACKEND": f"django.core.mail.backends.{MAIL[0]}.EmailBackend",
            "OPTIONS": MAIL[1],
        }
    }

# Settings that the platform defines.
SITE_NAME = f"127.0.0.1:{PORT}"
HTTPS = "off"
PLATFORM_NAME = "Demo University"
LMS_ROOT_URL = f"http://{SITE_NAME}"
LEARNING_MICROFRONTEND_URL = LMS_ROOT_URL
DEFAULT_FROM_EMAIL = "no-reply@demo.example.com"
CONTACT_EMAIL = "info@demo.example.com"
TECH_SUPPORT_EMAIL = "tech@demo.example.com"
COURSE_ID_PATTERN = r"(?P<course_id>[^/+]+(/|\+)[^/+]+(/|\+)[^/]+)"

PROCTORING_USER_OBFUSCATION_KEY = "demo obfuscation key"
PROCTORING_BACKENDS: dict[str, Any] = {
    "DEFAULT": "simulator",
    "simulator": {
        "base_url": f"http://127.0.0.1:{SIMULATOR_PORT}",
        "client_id": "demo",
        "client_secret": "demosecret",
        "supports_time_changes": True,
        "ping_interval": 20,  # short, so that a visitor sees the effect of a fault within seconds
    },
    "software_secure": {
        "organization": "DemoUniversity",
        "exam_sponsor": "Demo",
        "exam_register_endpoint": f"http://127.0.0.1:{SIMULATOR_PORT}/psi/register",
        "secret_key_id": "demo",
        "secret_key": "demosecret",
        "crypto_key": "the simulator's 3DES key",
        "software_download_url": f"http://127.0.0.1:{SIMULATOR_PORT}/psi/launch",
        "video_review_aes_key": "00112233445566778899aabbccddeeff",
        "send_email": True,
        "review_callback_networks": ["127.0.0.0/8", "::1/128"],
    },
    "null": {},
}
PROCTORING_SETTINGS: dict[str, Any] = {
    "STAFF_BASE_TEMPLATE": "host/staff.html",
    "LEARNER_BASE_TEMPLATE": "host/staff.html",
    "LINK_URLS": {
        "faq": "/help#proctoring",
        "contact_us": "/help",
        "online_proctoring_rules": "/help#rules",
    },
}

# The simulator calls back as an OAuth2 client and gets a JWT.
OAUTH2_PROVIDER = {"ACCESS_TOKEN_EXPIRE_SECONDS": 3600, "PKCE_REQUIRED": False}
JWT_AUTH: dict[str, Any] = {
    "JWT_ISSUER": f"{LMS_ROOT_URL}/oauth2",
    "JWT_SECRET_KEY": "a demo has no secrets, but keys of a decent length",
    "JWT_AUDIENCE": "demo",
    "JWT_ALGORITHM": "HS256",
    "JWT_VERIFY_AUDIENCE": False,
    "JWT_SUPPORTED_VERSION": "1.2.0",
    "JWT_AUTH_HEADER_PREFIX": "JWT",
    "JWT_DECODE_HANDLER": "edx_rest_framework_extensions.auth.jwt.decoder.jwt_decode_handler",
    "JWT_ISSUERS": [
        {
            "ISSUER": f"{LMS_ROOT_URL}/oauth2",
            "SECRET_KEY": "a demo has no secrets, but keys of a decent length",
            "AUDIENCE": "demo",
        }
    ],
}
EDX_DRF_EXTENSIONS: dict[str, Any] = {"OAUTH2_USER_INFO_URL": f"{LMS_ROOT_URL}/oauth2/user_info"}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}

# The page that shows the REST interface; its scripts come with the demo.
SPECTACULAR_SETTINGS = {
    "TITLE": "REST interface",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
