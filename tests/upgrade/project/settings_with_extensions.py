"""The same settings for our package with its extensions, on a database that 6.1.4 uses, too."""

from settings import *  # noqa: F403  all of its settings
from settings import INSTALLED_APPS as WITHOUT

NAMES = ("accommodations", "live")
INSTALLED_APPS = [*WITHOUT, *(f"edx_proctoring.contrib.{name}" for name in NAMES)]
