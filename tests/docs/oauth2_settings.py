"""The tests' project with django-oauth-toolkit, as the recipe for providers without Open edX has it."""

from tests.settings import *  # noqa: F403  the same project
from tests.settings import INSTALLED_APPS as APPS

INSTALLED_APPS = [*APPS, "oauth2_provider"]
# Tables are made at once: the migrations of others take longer than the test.
MIGRATION_MODULES = dict.fromkeys(
    ("admin", "auth", "contenttypes", "sessions", "sites", "waffle", "edx_when", "oauth2_provider")
)
