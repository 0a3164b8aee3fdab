"""Acme in the checks of edx-proctoring: `python -m edx_proctoring.testing.check check_acme:TestAcme`, or pytest."""

import json
from pathlib import Path

from acme_proctoring import AcmeProvider

from edx_proctoring.testing.contract import ProviderContract


class TestAcme(ProviderContract):
    """Acme's declarations for the checks."""

    provider_class = AcmeProvider
    options = json.loads(Path(__file__).with_name("options.json").read_text(encoding="utf-8"))
    capabilities = frozenset(
        {"registers", "notifies", "removes", "reviews", "dashboard", "retirement", "download"}
    )
