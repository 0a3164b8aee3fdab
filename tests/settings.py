"""A plain Django project with the app in it: the database is SQLite in memory, or DATABASE_URL."""

import os
import tempfile
from typing import Any

import dj_database_url
import django

SECRET_KEY = "not secret"
DEBUG = False
USE_TZ = True
TIME_ZONE = "UTC"
SITE_ID = 1
ROOT_URLCONF = "tests.urls"
STATIC_URL = "/static/"
ALLOWED_HOSTS = ["*"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

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
    "edx_proctoring",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "crum.CurrentRequestUserMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "rules.permissions.ObjectPermissionBackend",
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

DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(os.environ.get("DATABASE_URL", "sqlite://:memory:"))
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 120}
    if DATABASES["default"]["NAME"] != ":memory:":  # a file: connections of threads share it
        DATABASES["default"]["TEST"] = {"NAME": DATABASES["default"]["NAME"]}
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # Each test empties all tables; no test pulls the server's plug.
    DATABASES["default"]["OPTIONS"] = {"options": "-c synchronous_commit=off"}
if DATABASES["default"]["ENGINE"].endswith("mysql") and "DATABASE_ISOLATION" in os.environ:
    DATABASES["default"]["OPTIONS"] = {"isolation_level": os.environ["DATABASE_ISOLATION"]}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def mails_go_through(backend: str) -> dict[str, Any]:
    """Return the setting for the e-mail backend, which has another name since Django 6.1."""
    if django.VERSION < (6, 1):
        return {"EMAIL_BACKEND": backend}
    return {"MAILERS": {"default": {"BACKEND": backend}}}


globals().update(mails_go_through("django.core.mail.backends.locmem.EmailBackend"))
CELERY_TASK_ALWAYS_EAGER = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
JWT_AUTH: dict[str, Any] = {}

SITE_NAME = "localhost:8000"
PLATFORM_NAME = "Open edX"
LEARNING_MICROFRONTEND_URL = "https://learning.example.com"
LMS_ROOT_URL = "https://lms.example.com"
DEFAULT_FROM_EMAIL = "no-reply@example.com"
CONTACT_EMAIL = "info@example.com"
TECH_SUPPORT_EMAIL = "tech@example.com"
COURSE_ID_PATTERN = r"(?P<course_id>[^/+]+(/|\+)[^/+]+(/|\+)[^/]+)"
ENV_ROOT = tempfile.gettempdir()

PROCTORING_USER_OBFUSCATION_KEY = "obfuscation-key"
PROCTORING_BACKENDS: dict[str, Any] = {"DEFAULT": "test", "test": {}, "null": {}, "mock": {}}
PROCTORING_SETTINGS: dict[str, Any] = {
    "DELIVERY": "inline",
    "LINK_URLS": {
        "faq": "https://example.com/faq",
        "contact_us": "https://example.com/contact",
        "online_proctoring_rules": "https://example.com/rules",
    },
}
