"""Profiles in Django admin."""

import pytest
from django.core import checks
from django.urls import reverse

from edx_proctoring.contrib.accommodations.checks import check_core
from edx_proctoring.contrib.accommodations.models import Profile, ProfileChange
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.lifecycle.noon import MINUTE, NOON, end_of

pytestmark = pytest.mark.django_db
ADD = "admin:proctoring_accommodations_profile_add"
CHANGE = "admin:proctoring_accommodations_profile_change"
NUMBERS = {"minutes": 0, "break_count": 0, "break_minutes": 0, "break_total_minutes": 0}


@pytest.fixture
def boss(transactional_db):
    return UserFactory(username="boss", is_staff=True, is_superuser=True)


@pytest.fixture
def admin(client, boss):
    client.force_login(boss)
    return client


def form(**values):
    return {"scope": "course", "scope_id": COURSE_ID, "factor": "1.5", **NUMBERS, **values}


def test_profiles_can_be_added_and_changed(admin, boss, learner, hour, start, clock):
    running = start(hour)
    assert admin.post(reverse(ADD), form(user=learner.pk)).status_code == 302
    known = Profile.objects.get()
    assert end_of(running) == NOON + 90 * MINUTE
    page = reverse(CHANGE, args=[known.pk])
    other = UserFactory()
    assert admin.post(page, form(user=other.pk, scope="site", minutes=10)).status_code == 302
    known.refresh_from_db()
    assert (known.user_id, known.scope, known.minutes) == (learner.pk, "course", 10)
    assert end_of(running) == NOON + 100 * MINUTE
    assert [change.by_id for change in ProfileChange.objects.all()] == [boss.pk, boss.pk]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"factor": "0.5"}, "greater than or equal to 1"),
        ({"scope_id": ""}, "Name the course"),
        ({"scope": "site"}, "names no course"),
        ({"break_count": 2}, "Breaks need a number"),
        ({"for_reviewers": "a\0b"}, "Null characters"),
    ],
)
def test_refused_values_are_explained(admin, learner, values, text):
    answer = admin.post(reverse(ADD), form(user=learner.pk, **values))
    assert answer.status_code == 200
    assert text in answer.content.decode()
    assert not Profile.objects.exists()


def test_a_second_profile_in_a_scope_is_refused(admin, learner, profile):
    profile(minutes=1)
    answer = admin.post(reverse(ADD), form(user=learner.pk))
    assert answer.status_code == 200
    assert Profile.objects.count() == 1


def test_the_list_of_profiles_and_their_history(admin, learner, profile):
    known = profile(minutes=1)
    for name in ("profile", "profilechange"):
        page = admin.get(reverse(f"admin:proctoring_accommodations_{name}_changelist"))
        assert learner.username in page.content.decode()
    change = ProfileChange.objects.get()
    page = reverse("admin:proctoring_accommodations_profilechange_change", args=[change.pk])
    assert admin.get(page).status_code == 200
    assert admin.post(page, {"action": "changed"}).status_code == 403
    assert (
        admin.post(
            reverse("admin:proctoring_accommodations_profile_delete", args=[known.pk])
        ).status_code
        == 403
    )


def test_a_check_reports_the_extension_without_the_core(settings):
    assert check_core(None) == []
    assert not [
        one for one in checks.run_checks() if one.id.startswith("proctoring_accommodations")
    ]
