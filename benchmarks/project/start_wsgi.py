"""The web process of ``python -m benchmarks.start``: the app with one REST provider at PROVIDER_URL."""

import os
from collections.abc import Callable

import django

django.setup()

import rules  # noqa: E402  needs the settings
from celery import current_app  # noqa: E402  needs the settings
from django.apps import apps  # noqa: E402  needs the settings
from django.core.wsgi import get_wsgi_application  # noqa: E402  needs the settings

from edx_proctoring.backends.rest import BaseRestProctoringProvider  # noqa: E402  needs the settings
from edx_proctoring.runtime import set_runtime_service  # noqa: E402  needs the settings


class Service:
    """A service of the LMS that takes no time; 6.1.4 starts no proctored exam without."""

    def __getattr__(self, name: str) -> Callable[..., dict[str, str]]:
        return lambda *_args, **_options: {}


for name in ("credit", "instructor", "grades", "certificates"):
    set_runtime_service(name, Service())
current_app.conf.update(broker_url="memory://", task_always_eager=False)
rules.add_perm("edx_proctoring.can_take_proctored_exam", rules.is_active)
apps.get_app_config("edx_proctoring").backends["test"] = BaseRestProctoringProvider(
    "id", "secret", base_url=os.environ["PROVIDER_URL"]
)
application = get_wsgi_application()
