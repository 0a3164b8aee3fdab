"""Settings of Studio, as the platform sets it up: no contact address, few services, one route of the app."""

from edx_django_utils.plugins import add_plugins

from tests.projects import platform

globals().update(platform.SHARED)
del globals()["CONTACT_EMAIL"]
SERVICE_VARIANT = "cms"
ROOT_URLCONF = "tests.projects.studio_urls"
INSTALLED_APPS = platform.installed("cms.djangoapp")

add_plugins(__name__, "cms.djangoapp", "common")
add_plugins(__name__, "cms.djangoapp", "production")
