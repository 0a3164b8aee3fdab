"""Administrators send query strings that no page of Django admin contains."""

import pytest

pytestmark = pytest.mark.attack


@pytest.mark.parametrize(
    "query", ["state=%00", "state__exact=%00", "q=%00", "state=%ff", "e=%00", "p=%00"]
)
def test_no_admin_query_string_causes_a_server_error(site, query):
    boss = site.person(is_superuser=True)
    type(boss.user).objects.filter(pk=boss.user.pk).update(is_staff=True)
    for model in ("outboxmessage", "proctoredexamstudentattempt", "proctoredexam"):
        answer = boss.get(f"/admin/edx_proctoring/{model}/?{query}")
        assert answer.status_code < 500, model
