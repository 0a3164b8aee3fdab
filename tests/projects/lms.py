"""Settings of an LMS, as the platform sets it up."""

from edx_django_utils.plugins import add_plugins

from tests.projects import platform

globals().update(platform.SHARED)
SERVICE_VARIANT = "lms"
ROOT_URLCONF = "tests.projects.lms_urls"
INSTALLED_APPS = platform.installed("lms.djangoapp")

add_plugins(__name__, "lms.djangoapp", "common")
add_plugins(__name__, "lms.djangoapp", "production")
