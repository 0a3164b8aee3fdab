"""The profile that applies, and the time that it grants."""

import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from edx_proctoring import api as core
from edx_proctoring import extensions, lifecycle, operations
from edx_proctoring.contrib.accommodations import api
from edx_proctoring.contrib.accommodations.models import Profile, ProfileChange, organisation_of
from edx_proctoring.models import TimeAdjustment
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.lifecycle.noon import MINUTE, NOON, end_of, minutes_of

pytestmark = pytest.mark.django_db

ORGANISATION = organisation_of(COURSE_ID)
DAY = datetime.timedelta(days=1)


def minutes(exam, user):
    return core.allowed_minutes(core.get_exam_by_id(exam.pk), user.pk)


@pytest.mark.parametrize(
    ("limit", "values", "granted"),
    [
        (60, {"factor": 1.5}, 90),
        (60, {"factor": 1.5, "minutes": 10}, 100),
        (60, {"minutes": 10}, 70),
        (21, {"factor": 1.5}, 31),  # rounded half to even
        (60, {}, 60),
    ],
)
def test_the_time_granted_by_a_profile(profile, make_exam, learner, limit, values, granted):
    profile(**values)
    exam = make_exam(time_limit_mins=limit)  # the exam was created after the profile
    assert minutes(exam, learner) == granted
    assert minutes(exam, UserFactory()) == limit


@pytest.mark.parametrize(
    ("allowances", "granted"),
    [
        (
            {"time_multiplier": "2"},
            125,
        ),  # the exam's factor replaces the profile's, and minutes are added
        ({"time_multiplier": "1"}, 95),  # a factor of 1 has no effect
        ({"additional_time_granted": "10"}, 105),
        ({"time_multiplier": "1.25", "additional_time_granted": "10"}, 90),
    ],
)
def test_a_profile_combined_with_allowances_of_the_exam(
    profile, hour, learner, allowances, granted
):
    profile(factor=1.5, minutes=5)
    for key, value in allowances.items():
        core.add_allowance_for_user(hour.pk, learner.username, key, value)
    assert minutes(hour, learner) == granted


def test_only_the_valid_profile_with_the_narrowest_scope_applies(profile, hour, learner):
    profile("site", "", minutes=1, factor=2)
    assert minutes(hour, learner) == 121
    profile("organisation", ORGANISATION, minutes=2)
    assert minutes(hour, learner) == 62
    narrow = profile(minutes=3)
    assert minutes(hour, learner) == 63
    api.end_profile(narrow.pk)
    assert minutes(hour, learner) == 62


@pytest.mark.parametrize(
    ("scope", "scope_id"),
    [
        ("course", "course-v1:other+course+run"),
        ("course", COURSE_ID.upper()),
        ("organisation", "Another"),
        ("organisation", ORGANISATION.lower()),
    ],
)
def test_profiles_do_not_apply_to_other_courses_and_organisations(
    profile, hour, learner, scope, scope_id
):
    profile(scope, scope_id, minutes=30)
    assert minutes(hour, learner) == 60


@pytest.mark.parametrize(
    ("course_id", "organisation"),
    [("course-v1:Org+Course+Run", "Org"), ("Org/Course/Run", "Org"), ("course-v1:a.b+c+d", "a.b")],
)
def test_the_organisation_of_a_course(course_id, organisation):
    assert organisation_of(course_id) == organisation


@pytest.mark.parametrize(
    ("since", "until", "granted"),
    [(None, DAY, 90), (-DAY, None, 90), (DAY, None, 60), (None, datetime.timedelta(0), 60)],
)
def test_a_profile_applies_only_during_its_validity(
    profile, hour, learner, clock, since, until, granted
):
    profile(
        factor=1.5,
        valid_from=since if since is None else NOON + since,
        valid_until=until if until is None else NOON + until,
    )
    assert minutes(hour, learner) == granted


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"factor": Decimal("0.9")}, "factor"),
        ({"factor": Decimal("10.01")}, "factor"),
        ({"factor": Decimal("1.005")}, "factor"),
        ({"factor": Decimal("NaN")}, "factor"),
        ({"minutes": -1}, "minutes"),
        ({"minutes": 10**6}, "minutes"),
        ({"break_count": 1}, "break_minutes"),
        ({"break_minutes": 5}, "break_count"),
        ({"break_total_minutes": 5}, "break_count"),
        ({"valid_from": NOON, "valid_until": NOON - MINUTE}, "valid_until"),
        ({"approver": "x" * 256}, "approver"),
    ],
)
def test_invalid_values_are_refused(learner, values, field):
    with pytest.raises(ValidationError) as error:
        api.create_profile(learner.pk, api.Scope("course", COURSE_ID), values)
    assert list(error.value.message_dict) == [field]
    assert not Profile.objects.exists()


@pytest.mark.parametrize(("kind", "where"), [("course", ""), ("organisation", ""), ("site", "x")])
def test_every_scope_except_site_requires_an_id(learner, kind, where):
    with pytest.raises(ValidationError):
        api.create_profile(learner.pk, api.Scope(kind, where), {})


def test_a_learner_has_at_most_one_profile_in_a_scope(profile):
    profile(minutes=1)
    with pytest.raises(api.ProfileAlreadyExists):
        profile(minutes=2)
    assert Profile.objects.count() == 1


def test_the_default_total_allows_every_break_its_full_length(profile):
    assert profile(break_count=3, break_minutes=5).break_total_minutes == 15


def test_new_and_changed_profiles_recalculate_running_attempts(profile, hour, start, clock):
    running = start(hour)
    known = profile(factor=1.5)
    assert (end_of(running), minutes_of(running)) == (NOON + 90 * MINUTE, 90)
    api.change_profile(known.pk, {"minutes": 10})
    assert end_of(running) == NOON + 100 * MINUTE
    api.change_profile(known.pk, {"factor": Decimal(1), "minutes": 0})
    assert end_of(running) == NOON + 100 * MINUTE  # no change takes time away
    assert TimeAdjustment.objects.filter(kind="allotment").count() == 3


def test_attempts_outside_the_scope_are_not_changed(profile, make_exam, start, clock):
    elsewhere = start(make_exam(course_id="course-v1:Org+Else+Run", time_limit_mins=60))
    profile(factor=2)
    assert end_of(elsewhere) == NOON + 60 * MINUTE


def test_the_sweep_applies_a_profile_when_its_validity_begins(profile, hour, start, clock):
    running = start(hour)
    profile(factor=1.5, valid_from=NOON + 10 * MINUTE)
    assert end_of(running) == NOON + 60 * MINUTE
    clock.move_to(NOON + 11 * MINUTE)
    operations.submit_expired_attempts()
    assert end_of(running) == NOON + 90 * MINUTE


def test_each_change_is_recorded(profile, staff, learner):
    known = profile(factor=1.5)
    api.change_profile(known.pk, {"factor": Decimal("1.25")}, by=staff)
    api.change_profile(known.pk, {"factor": Decimal("1.25")}, by=staff)  # no change
    api.end_profile(known.pk, by=staff)
    api.end_profile(known.pk, by=staff)
    created, changed, ended = ProfileChange.objects.order_by("id")
    assert (created.action, created.values["factor"]) == ("created", [None, "1.50"])
    assert (changed.action, changed.by_id, changed.user_id) == ("changed", staff.pk, learner.pk)
    assert changed.values == {"factor": ["1.50", "1.25"]}
    assert list(ended.values) == ["valid_until"]


def test_a_profile_that_has_not_begun_can_be_ended(profile, clock, hour, learner):
    known = profile(factor=2, valid_from=NOON + DAY)
    api.end_profile(known.pk)
    clock.move_to(NOON + 2 * DAY)
    assert minutes(hour, learner) == 60


def test_profiles_of_many_learners_take_one_query(
    profile, hour, learner, django_assert_num_queries
):
    profile(factor=1.5)
    others = [UserFactory() for _ in range(3)]
    exam = {"id": hour.pk, "course_id": hour.course_id}
    with django_assert_num_queries(1):
        found = extensions.times_for([(exam, user.pk) for user in (learner, *others)])
    assert [one.allotment(60) for one in found] == [90, 60, 60, 60]


def test_a_start_is_refused_if_profiles_cannot_be_read(monkeypatch, hour, attempt):
    from edx_proctoring.contrib.accommodations import extension
    from edx_proctoring.exceptions import ExtraTimeUnavailable

    def fail(*_):
        raise RuntimeError

    known = attempt(exam=hour, status="created")
    monkeypatch.setattr(extension, "profile_for", fail)
    with pytest.raises(ExtraTimeUnavailable):
        lifecycle.transition(known, "started")
    known.refresh_from_db()
    assert known.status == "created"


def test_the_provider_is_notified_of_exemptions(profile, exam, learner, provider):
    profile(camera_exempt=True, for_reviewers="Reads aloud.")
    core.add_allowance_for_user(exam.pk, learner.username, "review_policy_exception", "Own room")
    core.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    [call] = provider.calls_of("register_exam_attempt")
    text = call.kwargs["context"]["review_policy_exception"]
    assert text == "Own room\nThe learner is exempt from the camera.\nReads aloud."
    assert "camera_exempt" not in call.kwargs["context"]


def test_personal_data_and_retirement(profile, learner, staff):
    known = profile(minutes=10, note="Attest")
    api.change_profile(known.pk, {"minutes": 20}, by=staff)
    rows = operations.personal_data_of_extensions(learner.pk)["proctoring_accommodations"]
    assert [row.get("note") for row in rows] == ["Attest", None, None]
    assert rows[2]["values"] == {"minutes": [10, 20]}
    of_staff = operations.personal_data_of_extensions(staff.pk)["proctoring_accommodations"]
    assert [(row["action"], row["values"]) for row in of_staff] == [("changed", {})]
    operations.retire_user(staff.pk)
    assert ProfileChange.objects.filter(by=None).count() == 2
    operations.retire_user(learner.pk)
    assert not Profile.objects.exists()
    assert not ProfileChange.objects.exists()
