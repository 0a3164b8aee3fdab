"""The RPNow provider, created as the app creates it from PROCTORING_BACKENDS."""

from importlib.metadata import entry_points
from typing import Any

from django.apps import apps

OPTIONS = {
    "organization": "edx",
    "exam_sponsor": "edX",
    "exam_register_endpoint": "https://psi.example.com",
    "secret_key_id": "key",
    "secret_key": "secret",
    "crypto_key": "123456789123456712345678",
    "software_download_url": "https://psi.example.com/software",
}


def configured(name: str = "software_secure", **options: Any) -> Any:
    """Create the provider of this name with OPTIONS updated by these options; it is registered until the end of the
    test.
    """
    plugin = entry_points(group="openedx.proctoring")[name].load()
    config = apps.get_app_config("edx_proctoring")
    found = config._instance(name, plugin, {**OPTIONS, **options})
    config.backends[name] = found
    return found


def psi_review(known: Any, **more: Any) -> dict[str, Any]:
    """Return an RPNow review of an attempt without suspicious events."""
    meta = {"examCode": known.attempt_code, "ssiRecordLocator": known.external_id}
    return {"examMetaData": meta, "reviewStatus": "Clean", **more}
