"""Test settings with django-oauth-toolkit, as in the guide for providers without Open edX."""

from tests.settings import *  # noqa: F403  the same project
from tests.settings import INSTALLED_APPS as APPS

INSTALLED_APPS = [*APPS, "oauth2_provider"]
# Tables are created without migrations, because those of other apps take longer than the test.
MIGRATION_MODULES = dict.fromkeys(
    ("admin", "auth", "contenttypes", "sessions", "sites", "waffle", "edx_when", "oauth2_provider")
)
