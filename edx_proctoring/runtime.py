"""Services that the host offers: it registers them by name, we look them up at every use."""

from typing import Any

_services: dict[str, Any] = {}


def set_runtime_service(name: str, callback: Any) -> None:
    """Register a service, in place of an earlier one; None takes it away."""
    _services[name] = callback


def get_runtime_service(name: str) -> Any:
    """The service, or None."""
    return _services.get(name)
