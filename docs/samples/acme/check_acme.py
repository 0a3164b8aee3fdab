"""Acme in the checks of edx-proctoring: `python -m edx_proctoring.testing.check check_acme:TestAcme`, or pytest."""

from acme_proctoring import AcmeProvider

from edx_proctoring.testing.contract import ProviderContract


class TestAcme(ProviderContract):
    """What Acme says of itself."""

    provider_class = AcmeProvider
    options = {  # noqa: RUF012
        "base_url": "https://acme.example.com",
        "client_id": "platform",
        "client_secret": "a-secret-of-the-platform",
    }
    capabilities = frozenset(
        {"registers", "notifies", "removes", "reviews", "dashboard", "retirement", "download"}
    )
