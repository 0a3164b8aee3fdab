"""Write the file that tells the host's webpack about the providers' scripts."""

import json
import os
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings


def make_worker_config(backends: Iterable[object], out: str = "/tmp/workers.json") -> bool:  # noqa: S108  published
    """Write the webpack entries of the providers' npm modules to `out`; return True if the file was written.

    The file contains an object: npm module → ["babel-polyfill", path of its main file].
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
    """Replace the file atomically, and only if its content changed, because every process calls this."""
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
