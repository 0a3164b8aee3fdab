"""The demo host with parts that tests can break: its cache, its providers, and the time limit of statements."""

import os
import tempfile

from demo.environment import free_port

# The tests and the host's processes agree on these: whoever comes first chooses.
os.environ.setdefault("DEMO_DATA", tempfile.mkdtemp(prefix="proctoring-attack-"))
os.environ.setdefault("DEMO_PORT", str(free_port()))
os.environ.setdefault("DEMO_SIMULATOR_PORT", str(free_port()))

from demo.host.settings import *  # noqa: F403  all of its settings
from demo.host.settings import (
    CACHES,
    INSTALLED_APPS,
    MIDDLEWARE,
    PROCTORING_BACKENDS,
    SIMULATOR_PORT,
)

INSTALLED_APPS = [*INSTALLED_APPS, "tests.attack.host.apps.AttackedConfig"]
MIDDLEWARE = ["tests.attack.host.middleware.limited_statements", *MIDDLEWARE]
# Tables of others are made as their models are: only the package's own migrations matter here.
MIGRATION_MODULES = dict.fromkeys(("admin", "auth", "contenttypes", "sessions", "sites", "waffle", "edx_when", "oauth2_provider", "host"))  # fmt: skip
ROOT_URLCONF = "tests.attack.host.urls"
CACHES = {"default": {**CACHES["default"], "BACKEND": "tests.attack.host.cache.BreakableCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
PROVIDERS = f"http://127.0.0.1:{SIMULATOR_PORT}"
PROCTORING_BACKENDS = {
    **PROCTORING_BACKENDS,
    "simulator": {**PROCTORING_BACKENDS["simulator"], "base_url": f"{PROVIDERS}/quick"},
    "software_secure": {
        **PROCTORING_BACKENDS["software_secure"],
        "exam_register_endpoint": f"{PROVIDERS}/psi/register",
    },
}
MORE_PROVIDERS = ("silent", "hostile", "onboarding")
