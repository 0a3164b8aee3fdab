"""Each hook, as the core calls it."""

from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import resolve
from django.utils import timezone

from edx_proctoring import api, extensions, operations, outbox
from edx_proctoring.admin import timeline
from edx_proctoring.models import OutboxMessage
from edx_proctoring.settings.schedule import BEAT_SCHEDULE
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from edx_proctoring.urls import routes_of_extensions

pytestmark = pytest.mark.needs("lms-urls")

CONTEXT = {"is_proctored": True, "display_name": "Exam", "default_time_limit_mins": 90}


def texts(user_id):
    from tests.extensions.toy.models import Note

    return list(Note.objects.filter(user_id=user_id).order_by("id").values_list("text", flat=True))


def test_time_for_adds_to_the_allotment(toy, timed_exam, learner):
    assert (
        api.allowed_minutes(api.get_exam_by_id(timed_exam.pk), learner.pk)
        == 2 * timed_exam.time_limit_mins + 5
    )


def test_time_for_and_an_allowance_together(toy, timed_exam, learner):
    api.add_allowance_for_user(timed_exam.pk, learner.username, "additional_time_granted", "10")
    exam = api.get_exam_by_id(timed_exam.pk)
    assert api.allowed_minutes(exam, learner.pk) == 2 * timed_exam.time_limit_mins + 15


def test_time_for_decides_when_an_attempt_starts(toy, timed_exam, learner):
    attempt_id = api.create_exam_attempt(timed_exam.pk, learner.pk)
    api.start_exam_attempt(timed_exam.pk, learner.pk)
    found = api.get_exam_attempt_by_id(attempt_id)
    assert found["allowed_time_limit_mins"] == 2 * timed_exam.time_limit_mins + 5


@pytest.mark.parametrize("declared", [False, True])
def test_registration_context_adds_what_the_provider_understands(
    toy, exam, learner, provider, declared
):
    provider.supports_camera_exemption = declared
    api.add_allowance_for_user(exam.pk, learner.username, "review_policy_exception", "May stand up")
    api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    [call] = provider.calls_of("register_exam_attempt")
    context = call.kwargs["context"]
    assert context["review_policy_exception"] == "May stand up\ntoy"
    assert context["full_name"] != "overwritten"
    assert ("camera_exempt" in context) is declared


@pytest.mark.parametrize("kind", ["exam", "timed_exam"])
def test_screen_for_comes_before_the_core_s_screens(toy, request, kind, learner, attempt):
    exam = request.getfixturevalue(kind)
    where = (learner.pk, exam.course_id, exam.content_id)
    assert api.get_student_view(*where, dict(CONTEXT)) == "<p>hello</p>\n"
    attempt(exam=exam, status="submitted", completed_at=timezone.now())
    assert "hello" not in api.get_student_view(*where, dict(CONTEXT))


def test_screen_for_comes_after_the_guards(toy, exam, learner):
    learner.is_active = False
    learner.save()
    view = api.get_student_view(learner.pk, exam.course_id, exam.content_id, dict(CONTEXT))
    assert "hello" not in (view or "")


def test_poll_data_adds_keys_and_overwrites_none(toy, timed_exam, learner, attempt):
    one = attempt(
        exam=timed_exam, status="started", started_at=timezone.now(), allowed_time_limit_mins=90
    )
    polled = api.get_polled_attempt(one.pk)
    assert (polled["announcements"], polled["status"]) == (["hello"], "started")
    assert api.get_active_attempt_data(learner.pk)["announcements"] == ["hello"]


def test_on_poll_hears_of_polls_and_pings_by_the_learner(
    register, timed_exam, learner, attempt, client_for
):
    class Listening(extensions.Extension):
        name = "listening"
        heard: list[tuple[int, str]] = []  # noqa: RUF012  of this test

        def on_poll(self, attempt_id, status, shows_messages):
            self.heard.append((attempt_id, status))

    heard = register(Listening()).heard
    one = attempt(
        exam=timed_exam, status="started", started_at=timezone.now(), allowed_time_limit_mins=90
    )
    base = "/api/edx_proctoring/v1/proctored_exam"
    own, ping = f"{base}/attempt/{one.pk}", {"action": "ping"}
    client, stranger = client_for(learner), client_for(UserFactory(is_staff=True))
    assert client.get(own).status_code == 200
    assert client.get(f"{base}/attempt").status_code == 200
    assert client.put(own, ping, format="json").status_code == 200
    assert heard == [(one.pk, "started")] * 3
    assert stranger.get(own).status_code == 403
    assert stranger.put(own, ping, format="json").status_code == 403
    active = stranger.get(f"{base}/active_attempt?user_id={learner.pk}")
    assert active.json()["attempt_id"] == one.pk
    assert client.put(own, {"action": "submit"}, format="json").status_code == 200
    assert client.get(own).status_code == 200
    assert len(heard) == 3


def test_a_failing_on_poll_does_not_fail_the_poll(
    register, timed_exam, learner, attempt, client_for
):
    class Failing(extensions.Extension):
        name = "failing"

        def on_poll(self, attempt_id, status, shows_messages):
            raise RuntimeError("no")

    register(Failing())
    one = attempt(
        exam=timed_exam, status="started", started_at=timezone.now(), allowed_time_limit_mins=90
    )
    url = f"/api/edx_proctoring/v1/proctored_exam/attempt/{one.pk}"
    assert client_for(learner).get(url).json()["status"] == "started"


def test_on_change_hears_of_creation_change_and_removal(toy, timed_exam, learner, staff):
    attempt_id = api.create_exam_attempt(timed_exam.pk, learner.pk)
    api.update_attempt_status(attempt_id, "submitted")
    api.remove_exam_attempt(attempt_id, staff)
    assert texts(learner.pk) == ["None -> created", "created -> submitted", "submitted -> None"]


def test_messages_of_an_extension_are_delivered_by_it(toy, timed_exam, learner):
    api.create_exam_attempt(timed_exam.pk, learner.pk)
    assert "toy" in outbox.kinds()
    outbox.deliver()
    assert toy.delivered == ["None -> created"]


def test_timeline_shows_entries_in_their_place(toy, timed_exam, learner, rf):
    attempt_id = api.create_exam_attempt(timed_exam.pk, learner.pk)
    api.update_attempt_status(attempt_id, "submitted")
    request = rf.get("/")
    request.user = AnonymousUser()
    from edx_proctoring.models import ProctoredExamStudentAttempt

    steps = timeline.of(ProctoredExamStudentAttempt.objects.get(pk=attempt_id), request)["steps"]
    assert len(steps) == 4
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    ours = [step for step in steps if step.notes == ["a note"]]
    assert [step.why for step in ours] == ["None -> created", "created -> submitted"]


def test_personal_data_and_retirement(toy, timed_exam, learner):
    attempt_id = api.create_exam_attempt(timed_exam.pk, learner.pk)
    row = {"attempt_id": attempt_id, "text": "None -> created"}
    assert operations.personal_data_of_extensions(learner.pk) == {"proctoring_toy": [row]}
    operations.retire_user(learner.pk)
    assert texts(learner.pk) == []
    assert operations.personal_data_of_extensions(learner.pk) == {}
    assert operations.personal_data_of_extensions("nobody") == {}


def test_urls_are_mounted_below_v2_and_pages(toy):
    (v2, pages) = routes_of_extensions()
    found = v2.resolve(f"edx_proctoring/v2/courses/{COURSE_ID}/notes/")
    assert (found.url_name, found.kwargs) == ("toy.notes", {"course_id": COURSE_ID})
    assert pages.resolve(f"edx_proctoring/pages/courses/{COURSE_ID}/toy/").url_name == "toy.page"


def test_roles_and_sections_are_asked_for(toy, staff):
    assert set(extensions.roles()) == {"toy.notes"}
    assert [one.element for one in extensions.staff_sections(COURSE_ID, staff)] == ["toy-notes"]


@pytest.mark.parametrize("name", ["CELERYBEAT_SCHEDULE", "CELERY_BEAT_SCHEDULE"])
def test_periodic_tasks_join_a_schedule_that_has_ours(register, settings, name):
    schedule = dict(BEAT_SCHEDULE)
    setattr(settings, name, schedule)

    class Ticking(extensions.Extension):
        name = "ticking"

        def periodic_tasks(self):
            return {"tick": {"task": "tick", "schedule": 5.0}}

    register(Ticking())
    assert schedule["tick"] == {"task": "tick", "schedule": 5.0}


def test_periodic_tasks_leave_a_schedule_without_ours_alone(toy, settings):
    assert settings.CELERY_BEAT_SCHEDULE == {}


@pytest.mark.parametrize("name", ["", "proctoring_toy"])
def test_a_name_is_wanted_once(toy, name):
    class Other(extensions.Extension):
        pass

    Other.name = name
    with pytest.raises(ValueError, match="unique name"):
        extensions.register(Other())


def test_an_extension_that_overrides_nothing_costs_nothing(
    register, timed_exam, learner, django_assert_num_queries
):
    """The hooks' defaults do nothing, and are not even called."""
    attempts = api.create_exam_attempt(timed_exam.pk, learner.pk)
    with django_assert_num_queries(0):
        assert all(not extensions.with_hook(name) for name in HOOKS)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as without:
        api.update_attempt_status(attempts, "download_software_clicked")
    api.update_attempt_status(attempts, "created")

    class Idle(extensions.Extension):
        name = "idle"

    register(Idle())
    with CaptureQueriesContext(connection) as beside:
        api.update_attempt_status(attempts, "download_software_clicked")
    assert len(beside) == len(without)
    assert not OutboxMessage.objects.filter(kind="extension_change").exists()
    assert not resolve_toy()


def resolve_toy():
    return [route for route in routes_of_extensions() if route.url_patterns]


HOOKS = sorted(
    name for name in vars(extensions.Extension) if not name.startswith("_") and name != "name"
)


def test_the_toy_uses_every_hook():
    from tests.extensions.toy.extension import Toy

    assert set(HOOKS) <= set(vars(Toy))
    assert len(HOOKS) == 15


def test_core_s_own_routes_stay_first(toy):
    match = resolve("/api/edx_proctoring/v1/proctored_exam/attempt")
    assert match.url_name == "proctored_exam.attempt.collection"


def test_every_hook_is_documented():
    page = (Path(__file__).parents[2] / "docs/reference/extensions.rst").read_text("utf-8")
    assert all(f"``{hook}(" in page for hook in HOOKS)
