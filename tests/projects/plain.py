"""A Django project without the optional packages of Open edX, or without those that ABSENT names."""

import os

from tests.projects.absent import OPTIONAL, block

ABSENT = [one for one in os.environ.get("ABSENT", ",".join(OPTIONAL.values())).split(",") if one]
block(*ABSENT)

from tests import settings as base  # noqa: E402  needs the settings

globals().update({name: getattr(base, name) for name in dir(base) if name.isupper()})
INSTALLED_APPS = [app for app in base.INSTALLED_APPS if app not in ABSENT]
MIDDLEWARE = [name for name in base.MIDDLEWARE if name.partition(".")[0] not in ABSENT]
for name in ("JWT_AUTH", "ENV_ROOT", "TECH_SUPPORT_EMAIL"):
    del globals()[name]
