"""Services of the host, registered by name and looked up at every use."""

from typing import Any

_services: dict[str, Any] = {}


def set_runtime_service(name: str, callback: object) -> None:
    """Register a service, replacing an earlier one; None removes it."""
    _services[name] = callback


def get_runtime_service(name: str) -> Any:
    """Return the service, or None."""
    return _services.get(name)
