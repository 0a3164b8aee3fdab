"""Clients of the REST interface, and a provider's server."""

import pytest
import responses

from tests.views.conftest import as_learner, as_reviewer, as_staff, onboarding, onboarding_provider  # noqa: F401  fixtures

pytestmark = pytest.mark.needs("django-crum")

BASE = "https://provider.example.com"


@pytest.fixture
def remote():
    """The provider's server, which issues tokens."""
    from edx_django_utils.cache import TieredCache  # other projects lack it

    TieredCache.dangerous_clear_all_tiers()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as found:
        token = {"access_token": "token", "expires_in": 3600}
        found.post(f"{BASE}/oauth2/access_token", json=token)
        yield found
