"""The service that the LMS passes to XBlocks under the name `proctoring`."""

from types import FunctionType
from typing import Any, ClassVar, Self

from edx_proctoring import api


class ProctoringService:
    """The public functions of `edx_proctoring.api` as attributes; there is one instance.

    They are looked up at each use, so a function patched in `api` is patched here, too.
    """

    _instance: ClassVar[Any] = None

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        instance: Self = cls._instance
        return instance

    def __init__(self) -> None:
        """Takes no arguments."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(api, name) if name in api.__all__ else None
        if not callable(value) or isinstance(value, type):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return value

    def __dir__(self) -> list[str]:
        functions = [name for name in api.__all__ if isinstance(getattr(api, name), FunctionType)]
        return sorted({*super().__dir__(), *functions})
