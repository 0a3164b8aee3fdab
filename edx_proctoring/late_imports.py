"""Modules that are imported when they are first used, so that start-up does not pay for what a process may never do."""

from importlib import import_module
from types import ModuleType


class _LateModule(ModuleType):
    """Stands for a module until, and after, one of its names is used; Python's own lock guards the import."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):  # of Python's own tools, which look at every module
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(import_module(self.__name__), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(import_module(self.__name__), name)


def late_module(name: str) -> ModuleType:
    """Return a stand-in for the module, which is imported when one of its names is used.

    Type checkers must see the module itself:

        if TYPE_CHECKING:
            from edx_proctoring import api
        else:
            api = late_module("edx_proctoring.api")
    """
    return _LateModule(name)
