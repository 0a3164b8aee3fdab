"""Handlers of the app's messages, and their failures."""

import pytest
import requests
from django.core import mail
from django.utils import timezone

from edx_proctoring import api, lifecycle, outbox
from edx_proctoring.effects import deliver
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamStudentAttempt,
    ProctoringReservation,
)
from edx_proctoring.signals import exam_attempt_status_signal

pytestmark = pytest.mark.django_db


def waiting(kind):
    return OutboxMessage.objects.unfinished().filter(kind=kind)


def again():
    OutboxMessage.objects.update(next_try_at=timezone.now(), lease="", lease_until=None)
    return outbox.deliver()


def submitted(attempt, **more):
    return attempt(status="submitted", completed_at=timezone.now(), **more)


@pytest.mark.parametrize(
    ("service", "method"),
    [
        ("credit", "set_credit_requirement_status"),
        ("grades", "override_subsection_grade"),
        ("certificates", "invalidate_certificate"),
    ],
)
def test_a_host_service_that_fails_does_not_undo_the_change(attempt, host, service, method):
    known = submitted(attempt)
    getattr(host, service).fail(method, RuntimeError("closed"))
    assert lifecycle.transition(known, "rejected").status == "rejected"
    kind = "reconcile_credit" if service == "credit" else "reconcile_grade"
    assert waiting(kind).count() == 1
    getattr(host, service).recover()
    host.calls.clear()
    again()
    assert not waiting(kind).exists()
    assert method in [call.method for call in host.calls]


def test_the_host_gets_the_newest_decision(attempt, host):
    known = submitted(attempt)
    host.credit.fail("set_credit_requirement_status", RuntimeError("closed"))
    lifecycle.transition(known, "rejected")
    host.credit.recover()
    host.calls.clear()
    lifecycle.transition(known, "verified")
    again()
    statuses = [
        call.kwargs["status"]
        for call in host.calls
        if call.method == "set_credit_requirement_status"
    ]
    assert set(statuses) == {"satisfied"}


def test_verifying_undoes_an_earlier_zero_grade(attempt, host, staff):
    known = submitted(attempt)
    lifecycle.transition(known, "rejected", by=staff)
    lifecycle.transition(known, "second_review_required")
    host.calls.clear()
    lifecycle.transition(known, "verified")
    assert "undo_override_subsection_grade" in [call.method for call in host.calls]


def test_courses_without_grade_overrides(attempt, host):
    host.grades.overrides = False
    lifecycle.transition(submitted(attempt), "rejected")
    assert not host.calls_of("override_subsection_grade")


def test_without_any_service_everything_still_works(attempt, host):
    from edx_proctoring.runtime import set_runtime_service

    for name in host.NAMES:
        set_runtime_service(name, None)
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=9)
    for status in ("submitted", "rejected", "verified"):
        assert lifecycle.transition(known, status).status == status
    lifecycle.remove(known, None)
    assert not OutboxMessage.objects.unfinished().exists()


def test_practice_does_not_affect_the_certificate(attempt, practice_exam, host):
    lifecycle.transition(submitted(attempt, exam=practice_exam, is_sample_attempt=True), "rejected")
    assert host.calls_of("override_subsection_grade")
    assert not host.calls_of("invalidate_certificate")


def test_notices_are_delivered_in_order_after_an_outage(attempt, provider):
    known = attempt(status="ready_to_start", external_id="A")
    for verb in ("start_exam_attempt", "stop_exam_attempt"):
        provider.fail(verb, requests.ConnectionError("down"))
    lifecycle.transition(known, "started")
    lifecycle.transition(known, "submitted")
    assert waiting("provider_notice").count() == 2
    provider.recover()
    provider.calls.clear()
    again()
    verbs = [call.method for call in provider.calls]
    assert verbs == ["start_exam_attempt", "stop_exam_attempt"]
    assert provider.calls[0].args == (known.proctored_exam.external_id, "A")


def not_found(status=404):
    response = requests.Response()
    response.status_code = status
    return requests.HTTPError("gone", response=response)


def test_a_notice_about_an_attempt_removed_on_both_sides_is_done(attempt, provider, settings):
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=9)
    provider.fail("mark_erroneous_exam_attempt", not_found())
    lifecycle.transition(known, "error")
    assert waiting("provider_notice").count() == 1
    ProctoredExamStudentAttempt.objects.filter(pk=known.pk).delete()
    again()
    assert not waiting("provider_notice").exists()


def test_a_removal_of_an_attempt_unknown_to_the_provider_is_done(attempt, provider, staff):
    provider.fail("remove_exam_attempt", not_found())
    lifecycle.remove(submitted(attempt), staff, strict=False)
    assert not waiting("provider_removal").exists()


def test_an_unconfirmed_removal_is_logged(attempt, provider, staff, caplog):
    provider.answer("remove_exam_attempt", False)
    lifecycle.remove(submitted(attempt), staff, strict=False)
    assert "removal not confirmed" in caplog.text


def test_an_attempt_that_is_referred_to_again_is_not_removed(attempt, provider, staff, caplog):
    known = submitted(attempt, external_id="A")
    provider.fail("remove_exam_attempt", requests.ConnectionError("down"))
    lifecycle.remove(known, staff, strict=False)
    attempt(exam=known.proctored_exam, external_id="A")
    provider.recover()
    provider.calls.clear()
    again()
    assert not provider.calls_of("remove_exam_attempt")
    assert "another attempt refers to it" in caplog.text


def test_messages_to_an_unconfigured_provider_stay_pending(attempt, make_exam):
    from django.apps import apps

    backends = apps.get_app_config("edx_proctoring").backends
    known = attempt(exam=make_exam(), status="started", started_at=timezone.now())
    known.allowed_time_limit_mins = 9
    known.save()
    gone = backends["test"]
    gone.fail("stop_exam_attempt", requests.ConnectionError("down"))
    lifecycle.transition(known, "submitted")
    del backends["test"]
    again()
    assert waiting("provider_notice").count() == 1
    backends["test"] = gone


def test_receivers_get_names_on_creation_only(exam, learner, host):
    heard = []

    def receive(**kwargs):
        heard.append(
            {name: kwargs[name] for name in ("sender", "status", "full_name", "profile_name")}
        )

    exam_attempt_status_signal.connect(receive)
    try:
        attempt_id = api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        api.update_attempt_status(attempt_id, "started")
    finally:
        exam_attempt_status_signal.disconnect(receive)
    name = host.credit.state["profile_fullname"]
    assert heard == [
        {"sender": "edx_proctoring", "status": "created", "full_name": name, "profile_name": name},
        {"sender": "edx_proctoring", "status": "started", "full_name": None, "profile_name": None},
    ]


def test_a_receiver_that_raises_breaks_nothing(attempt, caplog):
    def broken(**_kwargs):
        raise ValueError("broken receiver")

    exam_attempt_status_signal.connect(broken)
    try:
        assert lifecycle.transition(attempt(status="created"), "started").status == "started"
    finally:
        exam_attempt_status_signal.disconnect(broken)
    assert "broken receiver" in caplog.text


def test_a_mail_server_that_is_down(attempt, mail_through):
    mail_through("tests.effects.test_deliver.Down")
    lifecycle.transition(attempt(status="second_review_required"), "verified")
    assert waiting("email").count() == 1
    mail_through()
    again()
    assert [message.subject for message in mail.outbox] == ["Proctoring attempt verified"]


class Down:
    """A mail server that cannot be reached."""

    def __init__(self, **_kwargs):
        pass

    def send_messages(self, _messages):
        raise ConnectionError("down")


def test_each_e_mail_has_the_status_of_its_change(attempt, mail_through):
    mail_through("tests.effects.test_deliver.Down")
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=9)
    lifecycle.transition(known, "submitted")
    lifecycle.transition(known, "verified")
    mail_through()
    again()
    assert [message.subject for message in mail.outbox] == [
        "Proctoring attempt submitted",
        "Proctoring attempt verified",
    ]
    first, second = [message.extra_headers["Message-ID"] for message in mail.outbox]
    assert first != second


def test_answers_are_deleted_unless_a_newer_attempt_has_started(attempt, host, staff, exam):
    host.instructor.fail("delete_student_attempt", RuntimeError("closed"))
    lifecycle.remove(submitted(attempt, exam=exam), staff)
    assert waiting("learner_state").count() == 1
    host.instructor.recover()
    host.calls.clear()
    fresh = attempt(exam=exam, status="ready_to_start")
    lifecycle.transition(fresh, "started")
    assert [call.method for call in host.calls if call.method.startswith("delete")]
    assert not waiting("learner_state").exists()


def test_answers_are_deleted_in_the_learners_name_without_the_requesting_user(
    attempt, host, staff, learner
):
    host.instructor.fail("delete_student_attempt", RuntimeError("closed"))
    lifecycle.remove(submitted(attempt), staff)
    staff.delete()
    host.instructor.recover()
    host.calls.clear()
    again()
    (call,) = host.calls_of("delete_student_attempt")
    assert call.kwargs == {"requesting_user": learner}


def test_answers_that_cannot_be_deleted_before_the_start_are_kept(
    attempt, host, staff, exam, caplog
):
    host.instructor.fail("delete_student_attempt", RuntimeError("closed"))
    lifecycle.remove(submitted(attempt, exam=exam), staff)
    lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
    assert "learner state of a removed attempt not deleted" in caplog.text
    host.instructor.recover()
    host.calls.clear()
    again()
    assert not host.calls_of("delete_student_attempt")


# Rarer cases


def test_answers_to_a_newer_attempt_are_kept(attempt, host, staff, exam, caplog):
    host.instructor.fail("delete_student_attempt", RuntimeError("closed"))
    lifecycle.remove(submitted(attempt, exam=exam), staff)
    host.instructor.recover()
    host.calls.clear()
    attempt(exam=exam, status="started", started_at=timezone.now(), allowed_time_limit_mins=9)
    again()
    assert not host.calls_of("delete_student_attempt")
    assert "a newer attempt has started" in caplog.text
    assert not waiting("learner_state").exists()


def test_an_e_mail_reads_attempt_learner_and_exam_together(attempt, django_assert_num_queries):
    known = attempt(status="verified")
    history_id = known.history.latest().history_id
    with django_assert_num_queries(1):
        found = deliver._as_of(history_id)
        assert (found.pk, found.status) == (known.pk, "verified")
        assert (found.user, found.proctored_exam) == (known.user, known.proctored_exam)


def test_an_e_mail_without_its_history_row_is_dropped(attempt, mail_through, caplog):
    mail_through("tests.effects.test_deliver.Down")
    lifecycle.transition(attempt(status="second_review_required"), "verified")
    mail_through()
    ProctoredExamStudentAttempt.history.all().delete()
    again()
    assert mail.outbox == []
    assert "no such history row" in caplog.text
    assert not waiting("email").exists()


def test_messages_about_deleted_learners_are_done(attempt, host, staff, learner):
    host.instructor.fail("complete_student_attempt", RuntimeError("closed"))
    host.instructor.fail("delete_student_attempt", RuntimeError("closed"))
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=9)
    lifecycle.transition(known, "submitted")
    lifecycle.remove(known, staff)
    assert waiting("completion").count() == waiting("learner_state").count() == 1
    host.instructor.recover()
    host.calls.clear()
    learner.delete()
    again()
    assert not host.calls_of("complete_student_attempt")
    assert not host.calls_of("delete_student_attempt")
    assert not OutboxMessage.objects.unfinished().exists()


def test_a_removal_waits_for_a_creation_in_progress(attempt, provider, staff, learner):
    known = submitted(attempt, external_id="A")
    provider.fail("remove_exam_attempt", requests.ConnectionError("down"))
    lifecycle.remove(known, staff, strict=False)
    provider.recover()
    provider.calls.clear()
    pair = (known.proctored_exam_id, learner.pk)
    ProctoringReservation.objects.take(*pair, "token", "", seconds=60)
    again()
    assert not provider.calls_of("remove_exam_attempt")
    assert waiting("provider_removal").count() == 1
    ProctoringReservation.objects.void(*pair)
    again()
    assert [call.args[1] for call in provider.calls_of("remove_exam_attempt")] == ["A"]
    assert not waiting("provider_removal").exists()


@pytest.mark.parametrize("status", [400, 500, 503])
def test_a_refused_removal_is_retried(attempt, provider, staff, status):
    provider.fail("remove_exam_attempt", not_found(status))
    lifecycle.remove(submitted(attempt), staff, strict=False)
    assert waiting("provider_removal").count() == 1
    provider.recover()
    again()
    assert not waiting("provider_removal").exists()


@pytest.mark.parametrize("status", [404, 500])
def test_a_notice_about_an_existing_attempt_is_retried(attempt, provider, status):
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=9)
    provider.fail("stop_exam_attempt", not_found(status))
    lifecycle.transition(known, "submitted")
    assert waiting("provider_notice").count() == 1


def test_a_delayed_grade_override_names_its_user(attempt, host, staff):
    known = submitted(attempt)
    host.grades.fail("override_subsection_grade", RuntimeError("closed"))
    lifecycle.transition(known, "rejected", by=staff)
    host.grades.recover()
    host.calls.clear()
    again()
    (call,) = host.calls_of("override_subsection_grade")
    assert call.kwargs["overrider"] == staff
    assert call.kwargs["comment"] == "Failed Test Provider proctoring"
    assert len(host.calls_of("invalidate_certificate")) == 1
