"""The callers of the REST interface, as `tests/views` has them."""

import pytest
from django.apps import apps

from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from tests.views.conftest import (  # noqa: F401
    anonymous,
    as_global_staff,
    as_learner,
    as_reviewer,
    as_staff,
    clients,
    foreign_reviewer,
    foreign_staff,
    global_staff,
    onboarding,
    onboarding_provider,
    retirement,
    reviewer,
)


@pytest.fixture
def psi(provider):
    """RPNow, configured."""
    found = SoftwareSecureBackendProvider(
        organization="edx",
        exam_sponsor="edX",
        exam_register_endpoint="https://psi.example.com",
        secret_key_id="key",
        secret_key="secret",
        crypto_key="123456789123456712345678",
        software_download_url="https://psi.example.com/software",
        video_review_aes_key="B886A1B2F30AC7CF8A9DD6F8A6A8A8A8",
    )
    apps.get_app_config("edx_proctoring").backends["software_secure"] = found
    return found
