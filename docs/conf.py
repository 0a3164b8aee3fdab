"""Sphinx."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "docs" / "_extensions"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.contrib.settings")  # with all extensions

import edx_proctoring  # noqa: E402  needs the settings

project = "edx-proctoring"
author = "the edx-proctoring contributors"
copyright = author
version = release = edx_proctoring.__version__
extensions = ["generated", "sphinx_copybutton"]
copybutton_prompt_text = "$ "
html_theme = "furo"
html_title = f"edx-proctoring {version}"
html_static_path = ["_static"]
html_css_files = ["docs.css"]
exclude_patterns = ["_build"]
nitpicky = False
