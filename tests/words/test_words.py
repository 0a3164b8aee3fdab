"""Statuses, exceptions, constants, settings, kinds, links, encryption, services."""

import pickle

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from edx_proctoring import conf, constants, crypto, exam_types, exceptions, links, runtime, statuses
from edx_proctoring.statuses import (
    COMPLETED,
    INCOMPLETE,
    KNOWN,
    InstructorDashboardOnboardingAttemptStatus,
    ProctoredExamStudentAttemptStatus,
    ReviewStatus,
    SoftwareSecureReviewStatus,
    VerificientOnboardingProfileStatus,
)

Status = ProctoredExamStudentAttemptStatus

PREDICATES = {
    "is_completed_status": COMPLETED,
    "is_incomplete_status": INCOMPLETE,
    "needs_credit_status_update": {"verified", "rejected", "declined", "submitted", "error"},
    "needs_grade_override": {"rejected"},
    "is_a_cascadable_failure": {"declined"},
    "is_valid_status": COMPLETED | INCOMPLETE,
    "is_pre_started_status": {"created", "download_software_clicked", "ready_to_start"},
    "is_in_progress_status": {"started", "ready_to_submit"},
}


@pytest.mark.parametrize("name", PREDICATES)
def test_predicates(name):
    said = {status for status in [*KNOWN, "", None, "else"] if getattr(Status, name)(status)}
    assert said == set(PREDICATES[name])


def test_families():
    assert len(COMPLETED) == 11
    assert len(INCOMPLETE) == 6
    assert {"expired", "onboarding_reset"} == KNOWN - COMPLETED - INCOMPLETE
    names = {name for name in vars(Status) if not name.startswith("_")}
    assert {name for name in names if getattr(Status, name) == name} == KNOWN


def test_only_moves_back_from_an_ended_status_are_illegal():
    illegal = {
        (one, two) for one in KNOWN for two in KNOWN if not statuses.is_transition_legal(one, two)
    }
    assert illegal == {(one, two) for one in COMPLETED for two in INCOMPLETE}


def test_statuses_of_reviews():
    for word, stored in SoftwareSecureReviewStatus.from_standard_status.items():
        assert ReviewStatus.validate(word)
        assert SoftwareSecureReviewStatus.validate(stored)
        assert SoftwareSecureReviewStatus.to_standard_status[stored] == word
    for kind in (ReviewStatus, SoftwareSecureReviewStatus):
        with pytest.raises(exceptions.ProctoredExamBadReviewStatus):
            kind.validate("else")


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (None, "not_started"),
        ("", "not_started"),
        ("created", "setup_started"),
        ("started", "onboarding_started"),
        ("verified", "verified"),
        ("declined", None),
    ],
)
def test_onboarding_as_instructors_see_it(status, word):
    find = InstructorDashboardOnboardingAttemptStatus.get_onboarding_status_from_attempt_status
    assert find(status) == word


@pytest.mark.parametrize(
    ("profile", "learner", "instructor"),
    [
        ("no-profile", None, "not_started"),
        ("approved-in-course", "verified", "verified"),
        ("approved-in-different-course", "other_course_approved", "other_course_approved"),
        ("pending", "submitted", "submitted"),
        ("else", None, None),
        (None, None, None),
    ],
)
def test_onboarding_statuses_of_a_provider(profile, learner, instructor):
    words = VerificientOnboardingProfileStatus
    assert words.get_edx_status_from_profile_status(profile) == learner
    assert words.get_instructor_status_from_profile_status(profile) == instructor
    if instructor:
        assert words.get_profile_status_from_filter(instructor) == profile


# Exceptions


def all_exceptions():
    found = [value for value in vars(exceptions).values() if isinstance(value, type)]
    return [kind for kind in found if issubclass(kind, exceptions.ProctoredBaseException)]


@pytest.mark.parametrize("kind", all_exceptions(), ids=lambda kind: kind.__name__)
def test_exceptions_can_be_pickled(kind):
    arguments = {
        exceptions._ProviderAnswer: ("body", 418),
        exceptions.BackendProviderOnboardingException: ("onboarding_missing",),
    }
    given = next((value for base, value in arguments.items() if issubclass(kind, base)), ("text",))
    error = pickle.loads(pickle.dumps(kind(*given)))
    assert type(error) is kind
    assert 400 <= error.http_status <= 503
    assert "body" not in str(error)


def test_provider_responses_are_kept_for_the_log():
    error = exceptions.BackendProviderSentNoAttemptID(content={"a": 1}, http_status=200)
    assert (error.content, error.http_status, error.answer_status) == ({"a": 1}, 200, 502)
    assert exceptions.BackendProviderCannotRegisterAttempt("late", 504).answer_status == 503
    assert exceptions.BackendProviderOnboardingException("onboarding_failed").status
    assert str(exceptions.ProctoringTemporarilyUnavailable())


# Settings and constants


def test_constants_follow_the_settings(settings, monkeypatch):
    assert constants.ALLOW_REVIEW_UPDATES is True
    with override_settings(ALLOW_REVIEW_UPDATES=False):
        assert constants.ALLOW_REVIEW_UPDATES is False
        with override_settings(PROCTORING_SETTINGS={"ALLOW_REVIEW_UPDATES": True}):
            assert constants.ALLOW_REVIEW_UPDATES is True
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False, raising=False)
    assert constants.ALLOW_REVIEW_UPDATES is False


@pytest.mark.needs("contact-address")
def test_fallbacks_of_contacts(settings):
    assert constants.DEFAULT_CONTACT_EMAIL == settings.CONTACT_EMAIL
    del settings.CONTACT_EMAIL
    assert constants.DEFAULT_CONTACT_EMAIL == constants.FROM_EMAIL == settings.DEFAULT_FROM_EMAIL
    assert constants.CONTENT_VIEWABLE_PAST_DUE_DATE is False
    assert "SITE_NAME" in dir(constants)
    with pytest.raises(AttributeError):
        constants.NOTHING  # noqa: B018  reading it raises


@pytest.mark.parametrize("wrong", [{"DELIVERY": 5}, {"OUTBOX_KEEP_DAYS": True}, {"LINK_URLS": []}])
def test_a_wrong_value_is_reported(settings, wrong):
    settings.PROCTORING_SETTINGS = wrong
    (name,) = wrong
    with pytest.raises(ImproperlyConfigured, match=name):
        getattr(conf.proctoring, name)
    assert [problem for problem in conf.problems() if name in problem]


def test_the_tests_settings_are_valid(settings):
    assert conf.problems() == []
    del settings.PROCTORING_SETTINGS
    assert conf.proctoring.DELIVERY == "auto"
    for reader in (conf.proctoring, conf.django):
        with pytest.raises(AttributeError):
            reader.NOTHING  # noqa: B018  reading it raises


# Kinds and links


@pytest.mark.parametrize(
    ("proctored", "practice", "onboarding", "kind", "words"),
    [
        (False, False, False, "timed", "a timed exam"),
        (True, True, False, "practice", "a practice exam"),
        (True, True, True, "onboarding", "an onboarding exam"),
        (True, False, True, "proctored", "a proctored exam"),
    ],
)
def test_kinds(proctored, practice, onboarding, kind, words):
    class Provider:
        supports_onboarding = onboarding

    exam = {"is_proctored": proctored, "is_practice_exam": practice}
    expected = {"type": kind, "humanized_type": words}
    assert exam_types.get_exam_type(exam, Provider) == expected


@pytest.mark.needs("lms-urls")
def test_links(settings):
    course, content = "course-v1:a+b+c", "block-v1:a+b+c+type@sequential+block@d"
    base = settings.LEARNING_MICROFRONTEND_URL
    assert (
        links.exam_url(course, content, is_learning_mfe=True) == f"{base}/course/{course}/{content}"
    )
    assert links.course_home_url(course) == f"{base}/course/{course}/home"
    assert links.exam_url(course, content, is_learning_mfe=False).endswith(f"jump_to/{content}")
    assert links.reverse_or_empty("no such route") == ""
    assert links.lms_url("/x") == f"{settings.LMS_ROOT_URL}/x"
    settings.LMS_ROOT_URL, settings.HTTPS = None, "off"
    assert links.lms_url("/x") == f"http://{settings.SITE_NAME}/x"


# Encryption


@pytest.mark.parametrize(
    ("key", "parts", "expected"),
    [
        ("SHHHHHH", (32432455,), "9b82efd5d28f1a170b23b8f648c3093e75a0a0ca"),
        ("obfuscation-key", (42, "mockprock"), "09635582f2d6a5d061c08df80e10f02f97827b56"),
        ("obfuscation-key", (42, "proctortrack"), "96f4d172a0c785918ce3e5ffed558b8467059502"),
        ("obfuscation-key", (7, None), "bfced4eddc29cdb5531c41115c9b6134b6ccf8d0"),
    ],
)
def test_obscured_ids_are_stable(settings, key, parts, expected):
    settings.PROCTORING_USER_OBFUSCATION_KEY = key
    assert crypto.obscured_user_id(*parts) == expected


@pytest.mark.parametrize("data", ["https://example.com/ü", b"bytes", ""])
def test_encryption_there_and_back(data):
    key = b"0123456789abcdef0123456789abcdef"
    raw = data.encode() if isinstance(data, str) else data
    encrypted = crypto.encrypt_and_encode(data, key)
    assert raw not in encrypted or not raw
    assert crypto.decode_and_decrypt(encrypted, key) == raw
    assert len(crypto.generate_aes_iv(key)) == crypto.AES_BLOCK_SIZE_BYTES


def test_invalid_padding_is_refused():
    with pytest.raises(ValueError):
        crypto.unpad(b"0" * 16)


def test_services():
    runtime.set_runtime_service("something", 5)
    assert runtime.get_runtime_service("something") == 5
    runtime.set_runtime_service("something", None)
    assert runtime.get_runtime_service("something") is None
    assert runtime.get_runtime_service("nothing") is None


@pytest.mark.django_db
def test_reviewers(learner, settings):
    from django.contrib.auth.models import Group

    attempt = {"proctored_exam": {"backend": None}}
    assert not learner.has_perm("edx_proctoring.can_review_attempt", attempt)
    learner.groups.add(Group.objects.create(name="test_review"))
    assert learner.has_perm("edx_proctoring.can_review_attempt", attempt)
    assert not learner.has_perm(
        "edx_proctoring.can_review_attempt", {"proctored_exam": {"backend": "null"}}
    )
    assert not learner.has_perm("edx_proctoring.can_review_attempt")
