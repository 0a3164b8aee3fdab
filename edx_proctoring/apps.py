"""The Django app configuration: registers providers, receivers and tasks."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

from celery import current_app
from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from stevedore.named import NamedExtensionManager

from edx_proctoring import conf
from edx_proctoring.backends import masking, options
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.options import (
    BACKEND_CONFIGURATION_ALLOW_LIST as BACKEND_CONFIGURATION_ALLOW_LIST,  # published import path
)
from edx_proctoring.backends.worker_config import make_worker_config

log = logging.getLogger(__name__)


class EdxProctoringConfig(AppConfig):
    """The app configuration, also as a plug-in of Open edX's LMS and Studio."""

    name = "edx_proctoring"
    verbose_name = "Proctoring"
    default_auto_field = "django.db.models.AutoField"

    plugin_app: ClassVar = {
        "url_config": {
            "lms.djangoapp": {
                "namespace": "edx_proctoring",
                "regex": "^api/",
                "relative_path": "urls",
            },
            "cms.djangoapp": {
                "namespace": "edx_proctoring",
                "regex": "^api/",
                "relative_path": "instructor_dashboard_exam_urls",
            },
        },
        "settings_config": {
            project: {
                "common": {"relative_path": "settings.common"},
                "production": {"relative_path": "settings.production"},
            }
            for project in ("lms.djangoapp", "cms.djangoapp")
        },
    }

    def ready(self) -> None:
        """Connect receivers, register the tasks, and load the configured providers.

        Modules that a process may never use are imported on their first use: see `late_imports`.
        """
        from edx_proctoring import checks, handlers, signals, tasks  # noqa: F401, PLC0415  need models

        # The current app depends on the thread, and requests run in other threads.
        self.celery_app: Any = current_app._get_current_object()
        masking.guard_logs()
        self.backend_errors: dict[str, str] = {}
        self.backend_classes: dict[
            str, type[ProctoringBackendProvider]
        ] = {}  # also of providers that cannot be instantiated
        self.backends: dict[str, ProctoringBackendProvider] = dict(self._load_backends())
        env_root = getattr(settings, "ENV_ROOT", None)
        if env_root:
            make_worker_config(
                list(self.backends.values()), out=os.path.join(env_root, "workers.json")
            )

    def message_handlers(self) -> dict[Any, Callable[..., object]]:
        """Return the kinds of outbox messages with their handlers; the outbox asks when it first needs one."""
        from edx_proctoring.api import bulk_actions  # noqa: PLC0415  not at start-up
        from edx_proctoring.effects import deliver  # noqa: PLC0415  not at start-up
        from edx_proctoring.lifecycle import bulk, recalculation  # noqa: PLC0415  not at start-up

        modules = (deliver, recalculation, bulk, bulk_actions)
        return {kind: handler for one in modules for kind, handler in one.HANDLERS.items()}

    def _load_backends(self) -> Iterator[tuple[str, ProctoringBackendProvider]]:
        """Load the providers. One faulty provider does not stop the site: a system check reports it, and using it
        raises an error.
        """
        configured = getattr(settings, "PROCTORING_BACKENDS", None) or {}
        names = set(configured) - {"DEFAULT"}
        extensions: Any = NamedExtensionManager(
            namespace=options.ENTRY_POINTS,
            names=sorted(names),
            invoke_on_load=False,
            on_missing_entrypoints_callback=lambda _names: None,
            on_load_failure_callback=self._not_imported,
        )
        for extension in extensions:
            try:
                yield (
                    extension.name,
                    self._instance(extension.name, extension.plugin, configured[extension.name]),
                )
            except Exception as error:
                log.exception("provider %s cannot be used", extension.name)
                self.backend_errors[extension.name] = masking.without_secrets(repr(error))

    def _instance(
        self, name: str, provider_class: type[ProctoringBackendProvider], given: Mapping[str, Any]
    ) -> ProctoringBackendProvider:
        known = options.options_of(provider_class)
        self.backend_classes[name] = provider_class
        masking.guard_logs_of(provider_class)
        unknown = options.unknown_options(known, given)
        if unknown:
            log.warning("unknown options of provider %s ignored: %s", name, unknown)
        return provider_class(**options.constructor_arguments(known, given))

    def _not_imported(
        self, _manager: object, entry_point: EntryPoint, error: BaseException
    ) -> None:
        log.error("provider %s cannot be imported: %r", entry_point.name, error)
        self.backend_errors[entry_point.name] = masking.without_secrets(repr(error))

    def get_backend(self, name: str | None = None) -> ProctoringBackendProvider:
        """Return the provider of this name, or the default one; always the same instance.

        Raises NotImplementedError for a name that is not configured, ImproperlyConfigured if there is no default
        provider.
        """
        if name is None:
            name = conf.default_provider()
            if not name:
                raise ImproperlyConfigured("PROCTORING_BACKENDS names no DEFAULT provider")
        try:
            return self.backends[name]
        except KeyError:
            raise NotImplementedError(
                f"No proctoring backend configured for '{name}'. Available: {sorted(self.backends)}"
            ) from None

    def get_backend_choices(self) -> Iterator[tuple[str, str]]:
        """Return (name, display name) of each provider."""
        for name, backend in self.backends.items():
            yield name, getattr(backend, "verbose_name", "Unknown")
