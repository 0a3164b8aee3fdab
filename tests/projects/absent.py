"""Optional packages; `block` makes them appear as not installed."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

OPTIONAL = {
    "edx-when": "edx_when",
    "event-tracking": "eventtracking",
    "edx-drf-extensions": "edx_rest_framework_extensions",
    "django-webpack-loader": "webpack_loader",
    "django-crum": "crum",
}


class _Blocker(MetaPathFinder):
    def __init__(self, packages: Sequence[str]) -> None:
        self.packages = frozenset(packages)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in self.packages:
            raise ModuleNotFoundError(f"No module named {fullname!r} (blocked)", name=fullname)
        return None


def block(*packages: str) -> None:
    """Make imports of these top-level packages fail from now on."""
    there = [name for name in sys.modules if name.partition(".")[0] in packages]
    if there:
        raise RuntimeError(f"already imported: {there}")
    sys.meta_path.insert(0, _Blocker(packages))
