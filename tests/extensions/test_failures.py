"""A hook that raises: what happens, and what does not."""

import datetime
import logging

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from edx_proctoring import api, extensions, operations, outbox
from edx_proctoring.exceptions import ExtraTimeUnavailable, ProctoringTemporarilyUnavailable
from edx_proctoring.models import OutboxMessage, ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory

pytestmark = pytest.mark.needs("lms-urls")

Attempt = ProctoredExamStudentAttempt
CONTEXT = {"is_proctored": True, "display_name": "Exam", "default_time_limit_mins": 90}


class Broken(Exception):
    """A bug of somebody's."""


class Faulty(extensions.Extension):
    """Every hook raises while `broken` is set."""

    name = "faulty"

    def __init__(self):
        self.broken, self.heard = True, []

    def _fail(self):
        if self.broken:
            raise Broken("secret")

    def screen_for(self, learner):
        self._fail()

    def poll_data(self, attempt):
        self._fail()
        return {}

    def message_kinds(self):
        self._fail()
        return {}

    def timeline(self, attempt):
        yield
        self._fail()

    def personal_data(self, user_id):
        yield {}
        self._fail()

    def urls(self):
        self._fail()

    def roles(self):
        self._fail()
        return {}

    def periodic_tasks(self):
        self._fail()
        return {}

    def staff_sections(self, course_id, user):
        self._fail()
        return []


class Clockless(Faulty):
    """Does not tell the time either."""

    name = "clockless"

    def time_for(self, exam, user_id):
        self._fail()
        return super().time_for(exam, user_id)


class Deaf(extensions.Extension):
    """Raises when it hears of a change."""

    name = "deaf"

    def __init__(self):
        self.broken, self.heard = True, []

    def on_change(self, change):
        Attempt.objects.filter(pk=change.attempt.pk).update(external_id="half done")
        if self.broken:
            raise Broken
        self.heard.append(change)
        return []


@pytest.fixture
def faulty(register):
    return register(Faulty())


@pytest.fixture
def clockless(register):
    return register(Clockless())


def test_others_are_logged_and_skipped(faulty, timed_exam, learner, attempt, caplog):
    faulty.broken = False
    one = attempt(exam=timed_exam, status="submitted")
    faulty.broken = True
    assert api.get_polled_attempt(one.pk)["status"] == "submitted"
    assert extensions.timeline(one) == []
    assert extensions.personal_data(learner.pk) == {}
    assert extensions.roles() == {}
    assert extensions.staff_sections(COURSE_ID, learner) == []
    assert extensions.urls() == extensions.Routes([], [])
    assert outbox.kinds()
    where = (learner.pk, timed_exam.course_id, timed_exam.content_id)
    assert "submitted" in api.get_student_view(*where, dict(CONTEXT))
    failed = {
        record.getMessage().rpartition(".")[2]
        for record in caplog.records
        if "extension failed" in record.getMessage()
    }
    hooks = {
        "poll_data",
        "timeline",
        "personal_data",
        "roles",
        "staff_sections",
        "urls",
        "screen_for",
    }
    assert failed == hooks


def test_an_extension_with_faults_at_start_up_is_registered_all_the_same(register, caplog):
    register(Faulty())
    assert "faulty.message_kinds" in caplog.text
    assert "faulty.periodic_tasks" in caplog.text
    assert extensions.get("faulty")


def test_a_screen_without_a_template_is_skipped(register, timed_exam, learner, caplog):
    class Lost(extensions.Extension):
        name = "lost"

        def screen_for(self, learner):
            return "nowhere.html"

    register(Lost())
    view = api.get_student_view(
        learner.pk, timed_exam.course_id, timed_exam.content_id, dict(CONTEXT)
    )
    assert view
    assert "lost.screen_for" in caplog.text


@pytest.mark.django_db
def test_a_query_that_fails_leaves_the_caller_s_transaction_usable(register, attempt, timed_exam):
    class Clumsy(extensions.Extension):
        name = "clumsy"

        def poll_data(self, attempt):
            with connection.cursor() as cursor:
                cursor.execute("SELECT * FROM there_is_no_such_table")
            return {}

    register(Clumsy())
    one = attempt(exam=timed_exam, status="submitted")
    from django.db import transaction

    with transaction.atomic():
        assert api.get_polled_attempt(one.pk)["status"] == "submitted"
        assert Attempt.objects.filter(pk=one.pk).exists()


def test_time_for_fails_closed(clockless, timed_exam, learner, client_for, caplog):
    client = client_for(learner)
    body = {"exam_id": timed_exam.pk, "start_clock": True}
    answer = client.post("/api/edx_proctoring/v1/proctored_exam/attempt", body, format="json")
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "secret" not in answer.content.decode()
    assert not Attempt.objects.filter(started_at__isnull=False).exists()
    assert "clockless.time_for" in caplog.text
    clockless.broken = False
    retried = client.post("/api/edx_proctoring/v1/proctored_exam/attempt", body, format="json")
    assert retried.status_code in (200, 400)


def test_time_for_keeps_no_attempt_from_its_end(clockless, make_exam, learner, attempt):
    clockless.broken = False
    one = attempt(exam=make_exam(is_proctored=False, time_limit_mins=60), status="created")
    begun = timezone.now() - datetime.timedelta(minutes=61)
    with time_machine.travel(begun, tick=False):
        api.update_attempt_status(one.pk, "started")
    clockless.broken = True
    api.update_attempt_status(one.pk, "submitted")
    one.refresh_from_db()
    assert (one.status, one.completed_at) == ("submitted", begun + datetime.timedelta(minutes=60))


@pytest.fixture
def running_beside_one_that_fails(clockless, make_exam, monkeypatch):
    """Two attempts at an hour's exam; the extension fails for the learner of the first."""
    clockless.broken = False
    exam = make_exam(is_proctored=False, time_limit_mins=60)
    running = [AttemptFactory(proctored_exam=exam, status="created") for _ in range(2)]
    for one in running:
        api.update_attempt_status(one.pk, "started")
    broken = running[0].user_id
    usual = clockless.time_for

    def time_for(exam, user_id):
        if user_id == broken:
            raise Broken("secret")
        return usual(exam, user_id)

    monkeypatch.setattr(clockless, "time_for", time_for)
    return running


def minutes_of(attempts):
    return [Attempt.objects.get(pk=one.pk).allowed_time_limit_mins for one in attempts]


def test_time_for_that_fails_for_one_learner_keeps_no_other_from_a_new_limit(
    running_beside_one_that_fails,
):
    running = running_beside_one_that_fails
    api.update_exam(running[0].proctored_exam_id, time_limit_mins=75)
    assert minutes_of(running) == [60, 75]
    message = OutboxMessage.objects.get(kind="recalculation")
    assert (message.state, message.payload["failed"]) == ("pending", [running[0].pk])


def test_time_for_that_fails_for_one_learner_keeps_the_sweep_from_no_other(
    running_beside_one_that_fails,
):
    running = running_beside_one_that_fails
    exams = ProctoredExam.objects.filter(pk=running[0].proctored_exam_id)
    exams.update(time_limit_mins=75)  # nobody hears of it
    operations.submit_expired_attempts()
    assert minutes_of(running) == [60, 75]


def test_time_for_is_an_error_that_hosts_know(clockless, timed_exam, learner):
    with pytest.raises(ProctoringTemporarilyUnavailable):
        api.allowed_minutes(api.get_exam_by_id(timed_exam.pk), learner.pk)
    assert issubclass(ExtraTimeUnavailable, ProctoringTemporarilyUnavailable)


def test_on_change_never_takes_a_submission_back(register, timed_exam, learner, attempt, caplog):
    one = attempt(exam=timed_exam, status="started", external_id=None)
    deaf = register(Deaf())
    api.update_attempt_status(one.pk, "submitted")
    one.refresh_from_db()
    # The hook's savepoint was rolled back.
    assert (one.status, one.external_id) == (
        "submitted",
        None,
    )
    assert "queued for retry: deaf.on_change" in caplog.text
    message = OutboxMessage.objects.get(kind="extension_change")
    assert message.state == "pending"
    assert deaf.heard == []


def replayed(message):
    OutboxMessage.objects.filter(pk=message.pk).update(next_try_at=message.created)
    outbox.deliver()
    message.refresh_from_db()
    return message.state


def test_on_change_is_run_again_with_the_same_change(
    register, timed_exam, learner, attempt, staff, caplog
):
    caplog.set_level(logging.CRITICAL)
    one = attempt(exam=timed_exam, status="started")
    deaf = register(Deaf())
    api.update_attempt_status(one.pk, "submitted")
    message = OutboxMessage.objects.get(kind="extension_change")
    assert replayed(message) == "pending"
    deaf.broken = False
    assert replayed(message) == "done"
    (change,) = deaf.heard
    assert (change.before, change.after) == ("started", "submitted")
    assert (change.attempt.pk, change.attempt.status) == (one.pk, "submitted")
    assert change.exam == timed_exam
    assert change.first_completion


def test_on_change_of_a_removal_is_run_again_when_the_attempt_is_gone(
    register, timed_exam, attempt, staff
):
    one = attempt(exam=timed_exam, status="submitted")
    deaf = register(Deaf())
    api.remove_exam_attempt(one.pk, staff)
    deaf.broken = False
    assert replayed(OutboxMessage.objects.get(kind="extension_change")) == "done"
    (change,) = deaf.heard
    assert (change.attempt.pk, change.after, change.by) == (one.pk, None, staff)


def test_a_replay_waits_where_the_extension_is_not_installed(register, timed_exam, attempt):
    one = attempt(exam=timed_exam, status="started")
    register(Deaf())
    api.update_attempt_status(one.pk, "submitted")
    extensions.unregister("deaf")
    try:
        assert replayed(OutboxMessage.objects.get(kind="extension_change")) == "pending"
    finally:
        extensions.register(Deaf())


def test_retire_fails_the_retirement(register, timed_exam, learner):
    class Keeping(extensions.Extension):
        name = "keeping"

        def retire(self, user_id):
            raise Broken

    api.add_allowance_for_user(timed_exam.pk, learner.username, "review_policy_exception", "notes")
    register(Keeping())
    with pytest.raises(Broken):
        operations.retire_user(learner.pk)
    (allowance,) = api.get_allowances_for_course(timed_exam.course_id)
    assert allowance["value"] == "notes"  # nothing of it was stored


def test_a_failure_for_many_is_asked_again_one_by_one(register, timed_exam, learner, staff):
    class Choosy(Clockless):
        def time_for(self, exam, user_id):
            return extensions.ExtraTime(minutes=3) if user_id == learner.pk else self._fail()

    register(Choosy())
    found = extensions.times_for([({"id": timed_exam.pk}, user.pk) for user in (learner, staff)])
    assert found == [extensions.ExtraTime(minutes=3), None]


def test_an_extension_that_answers_too_little_is_asked_one_by_one(register):
    class Short(extensions.Extension):
        name = "short"

        def times_for(self, pairs):
            return []

        def time_for(self, exam, user_id):
            return extensions.ExtraTime(minutes=user_id)

    register(Short())
    found = extensions.times_for([({"id": 1}, 1), ({"id": 1}, 2)])
    assert [one.minutes for one in found] == [1, 2]


def test_an_extension_may_show_its_own_screen_during_a_pause(register, timed_exam, learner):
    class Screen(extensions.Extension):
        name = "screen"

        def screen_for(self, known):
            return "proctored_exam/inactive_account.html" if known.pause else None

    attempt_id = api.create_exam_attempt(timed_exam.pk, learner.pk)
    api.start_exam_attempt(timed_exam.pk, learner.pk)
    api.pause_attempt(attempt_id)
    where = (learner.pk, timed_exam.course_id, timed_exam.content_id)
    assert 'data-screen="paused"' in api.get_student_view(*where, dict(CONTEXT))
    register(Screen())
    shown = api.get_student_view(*where, dict(CONTEXT))
    assert shown
    assert 'data-screen="paused"' not in shown
