"""Notices to providers about exams, and the ids that providers return."""

import datetime

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from edx_proctoring import api, outbox
from edx_proctoring.effects.messages import EXAM_SAVED
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from edx_proctoring.models import OutboxMessage, ProctoredExam
from edx_proctoring.testing.factories import ReviewPolicyFactory
from edx_proctoring.testing.providers import FakeProvider

pytestmark = pytest.mark.django_db


@pytest.fixture
def other():
    """Another provider, named "other"."""
    backends = apps.get_app_config("edx_proctoring").backends
    backends["other"] = FakeProvider(verbose_name="Other Provider")
    yield backends["other"]
    backends.pop("other", None)


@pytest.fixture
def unknown(make_exam, provider):
    """An exam that its provider does not know yet because it was down."""
    provider.fail("on_exam_saved", ConnectionError("down"))
    exam = make_exam(external_id=None)
    provider.recover()
    provider.calls.clear()
    return exam


def saved(provider):
    return [call.args[0] for call in provider.calls_of("on_exam_saved")]


def rows(exam):
    return OutboxMessage.objects.filter(key__startswith=f"exam_saved:{exam.pk}:")


def again():
    cache.clear()
    OutboxMessage.objects.update(next_try_at=timezone.now(), lease="", lease_until=None)
    return outbox.deliver()


def test_saves_of_one_transaction_are_one_message(exam, provider):
    provider.calls.clear()
    with transaction.atomic():
        for name in ("first", "second", "third"):
            exam.exam_name = name
            exam.save()
        ReviewPolicyFactory(proctored_exam=exam, review_policy="No books.")
        assert not saved(provider)
    (document,) = saved(provider)
    assert (document["exam_name"], document["rule_summary"]) == ("third", "No books.")
    assert rows(exam).count() == 1


def test_a_rollback_sends_nothing(exam, provider):
    provider.calls.clear()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        exam.save()
        _ = 1 / 0
    assert not saved(provider)


def test_the_document(make_exam, provider):
    exam = make_exam(due_date=datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.UTC))
    exam.save()
    document = saved(provider)[-1]
    assert document["due_date"] == "2030-01-02T03:04:05Z"
    assert "rule_summary" not in document
    assert (document["id"], document["is_proctored"], document["backend"]) == (
        exam.pk,
        True,
        "test",
    )


@pytest.mark.parametrize("none", [None, ""])
def test_the_id_is_stored_once(make_exam, provider, none):
    exam = make_exam(external_id=none)
    provider.answer("on_exam_saved", "another id")
    exam.refresh_from_db()
    exam.save()
    exam.refresh_from_db()
    assert exam.external_id == f"exam-{exam.pk}"


@pytest.mark.parametrize("answer", [None, "", 0])
def test_a_provider_without_ids(make_exam, provider, answer):
    provider.answer("on_exam_saved", answer)
    exam = make_exam(external_id=None)
    exam.refresh_from_db()
    assert exam.external_id is None
    assert not outbox.is_pending(EXAM_SAVED.key(exam.pk, "test"))


def test_ids_become_text(make_exam, provider):
    provider.answer("on_exam_saved", 4711)
    exam = make_exam(external_id=None)
    exam.refresh_from_db()
    assert exam.external_id == "4711"


def test_exams_without_a_provider_have_the_default_one(make_exam, provider, settings):
    exam = make_exam(backend=None, external_id=None)
    exam.refresh_from_db()
    assert exam.external_id == f"exam-{exam.pk}"
    settings.PROCTORING_BACKENDS = {}
    calls = len(saved(provider))
    exam.save()
    assert len(saved(provider)) == calls


def test_after_a_failure_the_provider_is_left_to_the_worker_for_a_while(unknown, provider):
    unknown.exam_name = "later"
    unknown.save()
    assert not saved(provider)
    assert outbox.is_pending(EXAM_SAVED.key(unknown.pk, "test"))
    again()
    assert [document["exam_name"] for document in saved(provider)] == ["later"]
    unknown.refresh_from_db()
    assert unknown.external_id == f"exam-{unknown.pk}"


def test_the_failure_of_one_provider_does_not_affect_another(unknown, make_exam, other):
    make_exam(backend="other", external_id=None)
    assert len(saved(other)) == 1


def test_a_message_to_an_unconfigured_provider_stays_pending(make_exam, other):
    exam = make_exam(backend="other")
    backends = apps.get_app_config("edx_proctoring").backends
    del backends["other"]
    exam.save()
    assert outbox.is_pending(EXAM_SAVED.key(exam.pk, "other"))
    backends["other"] = other
    other.calls.clear()
    again()
    assert len(saved(other)) == 1


def test_an_exam_that_was_deleted_in_the_meantime(unknown, provider):
    exam_id = unknown.pk
    unknown.delete()
    again()
    assert not saved(provider)
    assert not outbox.is_pending(EXAM_SAVED.key(exam_id, "test"))


# Leaving a provider


def test_a_new_provider_gets_the_exam_and_the_former_one_is_notified(exam, provider, other):
    known_as = exam.external_id
    provider.calls.clear()
    exam.backend = "other"
    exam.save()
    (left,), (got,) = saved(provider), saved(other)
    assert (left["external_id"], left["is_active"], left["is_proctored"]) == (
        known_as,
        False,
        False,
    )
    assert (got["external_id"], got["is_active"], got["is_proctored"]) == (None, True, True)
    exam.refresh_from_db()
    assert exam.external_id == f"exam-{exam.pk}"


def test_the_former_provider_is_notified_after_an_outage(exam, provider, other):
    known_as = exam.external_id
    provider.fail("on_exam_saved", ConnectionError("down"))
    api.update_exam(exam.pk, backend="other")
    provider.recover()
    provider.calls.clear()
    again()
    (left,) = saved(provider)
    assert (left["external_id"], left["is_active"]) == (known_as, False)


def test_an_exam_that_becomes_timed_keeps_its_id_and_sends_no_policy(exam, provider):
    ReviewPolicyFactory(proctored_exam=exam)
    known_as = exam.external_id
    exam.is_proctored = False
    exam.save()
    left = saved(provider)[-1]
    assert (left["external_id"], left["is_proctored"]) == (known_as, False)
    assert "rule_summary" not in left
    exam.refresh_from_db()
    assert exam.external_id == known_as
    exam.is_proctored = True
    exam.save()
    back = saved(provider)[-1]
    assert (back["external_id"], back["is_active"], back["is_proctored"]) == (known_as, True, True)


def test_a_former_provider_that_never_knew_the_exam_is_not_notified(unknown, provider):
    unknown.is_proctored = False
    unknown.save()
    again()
    assert not saved(provider)
    assert not outbox.is_pending(EXAM_SAVED.key(unknown.pk, "test"))


# Before the first attempt


def test_an_exam_is_saved_at_the_provider_before_its_first_attempt(unknown, learner, provider):
    api.create_exam_attempt(unknown.pk, learner.pk, taking_as_proctored=True)
    assert [call.method for call in provider.calls] == ["on_exam_saved", "register_exam_attempt"]
    assert provider.calls[1].args[0]["external_id"] == f"exam-{unknown.pk}"


def test_an_unknown_exam_without_a_pending_message_is_saved(unknown, learner, provider):
    OutboxMessage.objects.all().delete()
    api.create_exam_attempt(unknown.pk, learner.pk, taking_as_proctored=True)
    assert provider.calls_of("register_exam_attempt")[0].args[0]["external_id"]


def test_in_a_transaction_of_the_host_it_is_saved_immediately(unknown, learner, provider):
    with transaction.atomic():
        attempt_id = api.create_exam_attempt(unknown.pk, learner.pk, taking_as_proctored=True)
        external_id = provider.calls_of("register_exam_attempt")[0].args[0]["external_id"]
        assert external_id == f"exam-{unknown.pk}"
    assert api.get_exam_attempt_by_id(attempt_id)["proctored_exam"]["external_id"] == external_id


def test_in_a_transaction_of_the_host_a_failure_is_a_refusal(unknown, learner, provider):
    provider.fail("on_exam_saved", ConnectionError("down"))
    with pytest.raises(BackendProviderCannotRegisterAttempt), transaction.atomic():
        api.create_exam_attempt(unknown.pk, learner.pk, taking_as_proctored=True)
    assert not provider.calls_of("register_exam_attempt")
    assert api.get_current_exam_attempt(unknown.pk, learner.pk) is None


def test_providers_without_ids_register_attempts(make_exam, learner, provider):
    provider.answer("on_exam_saved", None)
    exam = make_exam(external_id=None)
    assert api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    assert ProctoredExam.objects.get(pk=exam.pk).external_id is None
