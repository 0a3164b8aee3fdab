"""The plain project with a third party's provider (PLUGIN names it), configured as by its operator."""

import os

from tests import settings as base

globals().update({name: getattr(base, name) for name in dir(base) if name.isupper()})
NAME = os.environ.get("PLUGIN", "proctortrack")
PROCTORING_BACKENDS = {
    "DEFAULT": NAME,
    NAME: {
        "base_url": os.environ.get("SIMULATOR_URL", "http://127.0.0.1:9"),
        "client_id": "platform",
        "client_secret": "platformsecret",
    },
}
