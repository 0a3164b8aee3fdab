"""The toy as a host installs it: `"tests.extensions.toy"` in INSTALLED_APPS."""

from django.apps import AppConfig

from edx_proctoring import extensions


class ToyConfig(AppConfig):
    """Registers the hooks."""

    name = "tests.extensions.toy"
    label = "proctoring_toy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from tests.extensions.toy.extension import Toy

        extensions.register(Toy())
