"""How a Django project loads the app: providers, receivers, tasks."""

import json
import logging
import os
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from stevedore.named import NamedExtensionManager

log = logging.getLogger(__name__)

ENTRY_POINTS = "openedx.proctoring"

BACKEND_CONFIGURATION_ALLOW_LIST = [
    "base_url",
    "client_id",
    "client_secret",
    "crypto_key",
    "default_rules",
    "exam_register_endpoint",
    "exam_sponsor",
    "has_dashboard",
    "help_center_article_url",
    "integration_specific_email",
    "learner_notification_from_email",
    "needs_oauth",
    "organization",
    "passing_statuses",
    "ping_interval",
    "review_callback_networks",
    "review_callback_proxies",
    "review_callback_secret",
    "secret_key",
    "secret_key_id",
    "send_email",
    "software_download_url",
    "supports_onboarding",
    "tech_support_email",
    "tech_support_phone",
    "timeout",
    "token_expiration_time",
    "verbose_name",
    "video_review_aes_key",
    "video_review_hosts",
]
# Read by others from the same dictionaries.
TOLERATED_OPTIONS = {
    "LINK_URLS",
    "allow_honor_mode",
    "requires_escalation_email",
    "show_review_rules",
    "help_center_url",
    "npm_module",
}


def make_worker_config(backends: Iterable[Any], out: str = "/tmp/workers.json") -> bool:  # noqa: S108  published
    """Write the webpack entries of the providers' npm modules to `out`; True when something was written.

    `out` becomes an object: npm module → ["babel-polyfill", path of its main file].
    """
    root = getattr(settings, "NODE_MODULES_ROOT", None)
    if not root:
        return False
    config: dict[str, list[str]] = {}
    for backend in backends:
        module: str = getattr(backend, "npm_module", None) or ""
        main = _main_file(Path(root) / module) if module else None
        if main:
            config[module] = ["babel-polyfill", os.path.join(root, module, main)]
    return bool(config) and _write(config, out)


def _main_file(folder: Path) -> str | None:
    package = folder / "package.json"
    try:
        described = json.loads(package.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        warnings.warn(f"Proctoring worker without readable {package}: {error}", stacklevel=3)
        return None
    main = described.get("main") if isinstance(described, dict) else None
    if not main or not isinstance(main, str):
        warnings.warn(f"Proctoring worker without main file in {package}", stacklevel=3)
        return None
    return main


def _write(config: dict[str, list[str]], out: str) -> bool:
    """In one step, so that nobody reads half a file, and only where something changed: every process comes by."""
    text = json.dumps(config)
    try:
        if os.path.exists(out) and Path(out).read_text(encoding="utf-8") == text:
            return True
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=os.path.dirname(out) or ".", delete=False
        ) as file:
            file.write(text)
        os.chmod(file.name, 0o664)
        os.replace(file.name, out)
    except OSError as error:
        warnings.warn(f"Could not write {out}: {error}", stacklevel=3)
        return False
    return True


def _instance(extension: Any, options: Any) -> Any:
    unknown = set(options) - set(BACKEND_CONFIGURATION_ALLOW_LIST) - TOLERATED_OPTIONS
    if unknown:
        log.warning("options of provider %s ignored: %s", extension.name, sorted(unknown))
    allowed = {name: options[name] for name in BACKEND_CONFIGURATION_ALLOW_LIST if name in options}
    return extension.plugin(**allowed)


class EdxProctoringConfig(AppConfig):
    """The app, also as a plug-in of Open edX's LMS and Studio."""

    name = "edx_proctoring"
    verbose_name = "Proctoring"
    default_auto_field = "django.db.models.AutoField"

    plugin_app = {  # noqa: RUF012
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
        """Connect receivers and message handlers, register the tasks, load the configured providers."""
        from edx_proctoring import checks, handlers, signals, tasks  # noqa: F401, PLC0415
        from edx_proctoring.effects import deliver  # noqa: PLC0415
        from edx_proctoring.outbox import broker  # noqa: PLC0415

        deliver.register()
        broker.remember_app()
        self.backend_errors: dict[str, str] = {}
        self.backends: dict[str, Any] = dict(self._load_backends())
        env_root = getattr(settings, "ENV_ROOT", None)
        if env_root:
            make_worker_config(
                list(self.backends.values()), out=os.path.join(env_root, "workers.json")
            )

    def _load_backends(self) -> Iterator[tuple[str, Any]]:
        """One faulty provider does not stop the site: a system check names it, and using it is an error."""
        configured = getattr(settings, "PROCTORING_BACKENDS", None) or {}
        names = set(configured) - {"DEFAULT"}
        extensions: Any = NamedExtensionManager(
            namespace=ENTRY_POINTS,
            names=sorted(names),
            invoke_on_load=False,
            on_missing_entrypoints_callback=lambda _names: None,
            on_load_failure_callback=self._not_imported,
        )
        for extension in extensions:
            try:
                yield extension.name, _instance(extension, configured[extension.name])
            except Exception as error:
                log.exception("provider %s cannot be used", extension.name)
                self.backend_errors[extension.name] = repr(error)

    def _not_imported(self, _manager: Any, entry_point: Any, error: BaseException) -> None:
        log.error("provider %s cannot be imported: %r", entry_point.name, error)
        self.backend_errors[entry_point.name] = repr(error)

    def get_backend(self, name: str | None = None) -> Any:
        """The provider of this name, or the default one; always the same instance.

        NotImplementedError for a name that is not configured, ImproperlyConfigured without a default.
        """
        if name is None:
            name = (getattr(settings, "PROCTORING_BACKENDS", None) or {}).get("DEFAULT")
            if not name:
                raise ImproperlyConfigured("PROCTORING_BACKENDS names no DEFAULT provider")
        try:
            return self.backends[name]
        except KeyError:
            raise NotImplementedError(
                f"No proctoring backend configured for '{name}'. Available: {sorted(self.backends)}"
            ) from None

    def get_backend_choices(self) -> Iterator[tuple[str, str]]:
        """(name, display name) of each provider."""
        for name, backend in self.backends.items():
            yield name, getattr(backend, "verbose_name", "Unknown")
