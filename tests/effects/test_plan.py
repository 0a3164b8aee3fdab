"""From a change to its effects: tables, without a database."""

from itertools import combinations_with_replacement

import pytest

from edx_proctoring.backends.provider_info import ProviderInfo
from edx_proctoring.effects import PERFORMERS, Change, Effect, asks_for_others, plan
from edx_proctoring.effects.plan import RULES, updates_credit_grades_and_email
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import KNOWN

pytestmark = pytest.mark.needs("one-run")

ONBOARDING = ProviderInfo("test", "Test", supports_onboarding=True)


def change(before, after, *, proctored=True, practice=False, **more):
    """A change of a proctored attempt that the provider knows, unless told otherwise."""
    exam = ProctoredExam(is_proctored=proctored, is_practice_exam=practice)
    attempt = ProctoredExamStudentAttempt(
        taking_as_proctored=proctored, is_sample_attempt=practice, status=after or before
    )
    more.setdefault("provider", ProviderInfo("test", "Test") if proctored else None)
    more.setdefault("external_id", "remote" if proctored else None)
    return Change(attempt=attempt, exam=exam, before=before, after=after, **more)


def planned(*args, **kwargs):
    """Return the effects in short form: the kind, or the kind and its most important value."""
    return [short(effect) for effect in plan(change(*args, **kwargs))]


def short(effect: Effect) -> str:
    values = [str(value) for value in effect.value.values()]
    return ":".join([effect.kind, *values])


PROCTORED = [
    (None, "created", ["signal:True", "event:created"]),
    (None, "onboarding_missing", ["signal:True", "event:onboarding_missing"]),
    (
        "created",
        "download_software_clicked",
        ["event:download_software_clicked", "signal:False"],
    ),
    ("created", "ready_to_start", ["event:ready_to_start", "signal:False"]),
    ("ready_to_start", "started", ["event:started", "signal:False"]),
    ("started", "ready_to_submit", ["event:ready_to_submit", "signal:False"]),
    (
        "ready_to_submit",
        "submitted",
        [
            "credit:submitted",
            "email",
            "provider_notice:stop_exam_attempt",
            "event:submitted",
            "signal:False",
        ],
    ),
    ("submitted", "verified", ["credit:satisfied", "email", "event:verified", "signal:False"]),
    (
        "submitted",
        "rejected",
        ["credit:failed", "grade:True", "email", "event:rejected", "signal:False"],
    ),
    (
        "submitted",
        "second_review_required",
        ["event:second_review_required", "signal:False"],
    ),
    (
        "started",
        "error",
        [
            "credit:failed",
            "email",
            "provider_notice:mark_erroneous_exam_attempt",
            "event:error",
            "signal:False",
        ],
    ),
    (
        "started",
        "timed_out",
        ["provider_notice:stop_exam_attempt", "event:timed_out", "signal:False"],
    ),
    (
        "created",
        "declined",
        [
            "credit:declined",
            "decline_the_rest",
            "provider_removal",
            "event:declined",
            "signal:False",
        ],
    ),
    ("verified", None, ["credit:None", "provider_removal", "event:deleted"]),
    ("created", None, ["provider_removal", "event:deleted"]),
]


@pytest.mark.parametrize(("before", "after", "expected"), PROCTORED)
def test_changes_of_a_proctored_attempt(before, after, expected):
    assert planned(before, after) == expected


def test_the_first_start_notifies_the_provider_and_a_second_one_does_not():
    first = planned("ready_to_start", "started", first_start=True)
    assert first == ["provider_notice:start_exam_attempt", "event:started", "signal:False"]
    assert planned("ready_to_submit", "started") == ["event:started", "signal:False"]


def test_a_start_without_time_left_is_a_single_end():
    effects = planned("ready_to_start", "submitted", first_start=True, first_completion=True)
    assert effects == [
        "completion",
        "credit:submitted",
        "email",
        "provider_notice:stop_exam_attempt",
        "event:submitted",
        "signal:False",
    ]


def test_the_first_completion_counts_in_the_course():
    assert "completion" in planned("started", "submitted", first_completion=True)
    assert "completion" not in planned("submitted", "verified")


@pytest.mark.parametrize("after", ["submitted", "verified", "rejected", "declined", "error"])
def test_a_timed_attempt_affects_neither_credit_nor_provider_nor_e_mail(after):
    kinds = {effect.split(":")[0] for effect in planned("started", after, proctored=False)}
    assert kinds.isdisjoint({"credit", "provider_notice", "provider_removal", "email"})
    assert {"event", "signal"} <= kinds


@pytest.mark.parametrize("after", ["submitted", "verified", "rejected"])
def test_practice_sends_no_e_mail(after):
    assert "email" not in planned("started", after, practice=True)


def test_declining_practice_or_timed_exams_declines_nothing_else():
    assert "decline_the_rest" not in planned("created", "declined", practice=True)
    assert "decline_the_rest" not in planned("created", "declined", proctored=False)
    assert "decline_the_rest" not in planned("created", "declined", cascade=False)


@pytest.mark.parametrize("after", ["submitted", "verified", "rejected", "error", "declined"])
def test_completed_onboarding_clears_the_attempts_that_waited_for_it(after):
    cleared = planned("started", after, practice=True, provider=ONBOARDING)
    assert "clear_onboarding_errors" in cleared
    assert "clear_onboarding_errors" not in planned("started", after, practice=True)
    assert "clear_onboarding_errors" not in planned("started", after, provider=ONBOARDING)


def test_creation_clears_no_onboarding_errors():
    refused = planned(None, "onboarding_missing", practice=True, provider=ONBOARDING)
    assert "clear_onboarding_errors" not in refused


def test_verification_undoes_the_zero_that_is_in_force():
    assert "grade:False" in planned("second_review_required", "verified", override_active=True)
    assert "grade:False" not in planned("submitted", "verified")


def test_removal_of_the_current_attempt_deletes_answers_and_undoes_the_zero():
    effects = planned("rejected", None, resets_learner_state=True, external_id=None)
    assert effects == ["credit:None", "grade:False", "learner_state", "event:deleted"]


def test_after_a_removal_the_remaining_attempts_decide():
    effects = planned("rejected", None, others=["verified", "rejected"], external_id=None)
    assert effects == ["credit:satisfied", "event:deleted"]
    current = planned(
        "rejected", None, others=["rejected"], resets_learner_state=True, external_id=None
    )
    assert current == ["credit:failed", "learner_state", "event:deleted"]


def test_an_attempt_unknown_to_the_provider_sends_no_notices():
    for after in ("submitted", "error", "declined", None):
        kinds = planned("started", after, external_id=None)
        assert not [kind for kind in kinds if kind.startswith("provider")]


def test_every_effect_has_a_performer_and_every_performer_an_effect():
    kinds = set()
    for practice in (False, True):
        for before in (None, *KNOWN):
            for after in (None, *KNOWN):
                if before == after:
                    continue
                done = change(
                    before,
                    after,
                    practice=practice,
                    provider=ONBOARDING,
                    first_start=after == "started",
                    first_completion=after == "submitted",
                    resets_learner_state=after is None,
                )
                kinds |= {effect.kind for effect in plan(done)}
    assert kinds == set(PERFORMERS)


def test_effects_come_in_the_order_of_the_rules():
    order = [rule.__name__ for rule in RULES]
    assert order.index("credit") < order.index("grades") < order.index("email")
    assert order[-2:] == ["provider", "publish"]


# What follows from the status that an only attempt comes to, whatever it was before.
ALWAYS = {status: [] for status in KNOWN}
TIMED = {**ALWAYS, "rejected": ["grade:True"]}
STOP, MARK = "provider_notice:stop_exam_attempt", "provider_notice:mark_erroneous_exam_attempt"
PRACTICE = {
    **ALWAYS,
    "submitted": ["credit:submitted", STOP],
    "timed_out": [STOP],
    "verified": ["credit:satisfied"],
    "rejected": ["credit:failed", "grade:True"],
    "error": ["credit:failed", MARK],
    "declined": ["credit:declined", "provider_removal"],
}
GRADED = {
    **PRACTICE,
    "submitted": ["credit:submitted", "email", STOP],
    "verified": ["credit:satisfied", "email"],
    "rejected": ["credit:failed", "grade:True", "email"],
    "declined": ["credit:declined", "decline_the_rest", "provider_removal"],
}
COMPLETED = {
    *("declined", "timed_out", "submitted", "second_review_required", "verified", "rejected"),
    *("error", "onboarding_missing", "onboarding_pending", "onboarding_failed"),
    "onboarding_expired",
}
CLEAR = "clear_onboarding_errors"
ONBOARDED = {
    status: [
        *(effect for effect in effects if not effect.startswith("provider")),
        *([CLEAR] if status in COMPLETED else []),
        *(effect for effect in effects if effect.startswith("provider")),
    ]
    for status, effects in PRACTICE.items()
}
KINDS = {
    "timed": ({"proctored": False}, TIMED),
    "practice": ({"practice": True}, PRACTICE),
    "onboarding": ({"practice": True, "provider": ONBOARDING}, ONBOARDED),
    "proctored": ({}, GRADED),
}


@pytest.mark.parametrize("after", sorted(KNOWN))
@pytest.mark.parametrize("kind", KINDS)
def test_every_change_of_every_kind_of_exam(kind, after):
    options, table = KINDS[kind]
    published = [f"event:{after}", "signal:False"]
    for before in KNOWN - {after}:
        wanted = [*table[after], *published]
        if kind == "proctored" and after == "error" and before in ("started", "ready_to_submit"):
            wanted.insert(1, "email")  # an interruption
        assert planned(before, after, **options) == wanted, before


# The rows of the contract, in its order: practice?, statuses with the changed one first, to.
DECISION_ROWS = [
    (lambda practice, statuses, to: practice, lambda statuses: True),
    (lambda practice, statuses, to: len(statuses) == 1, lambda statuses: True),
    (lambda practice, statuses, to: to in ("declined", "error"), lambda statuses: True),
    (lambda practice, statuses, to: to == "submitted", lambda statuses: "rejected" not in statuses),
    (
        lambda practice, statuses, to: to == "verified",
        lambda statuses: set(statuses) == {"verified"},
    ),
    (
        lambda practice, statuses, to: to == "rejected",
        lambda statuses: statuses.count("rejected") == 1 and "declined" not in statuses,
    ),
    (lambda practice, statuses, to: True, lambda statuses: False),
]


@pytest.mark.parametrize("practice", [False, True])
@pytest.mark.parametrize("to", sorted(KNOWN))
def test_when_credit_grades_and_mail_follow(practice, to):
    for count in range(3):
        for others in combinations_with_replacement(sorted(KNOWN), count):
            for statuses in ([to, *others], [*others, to]):
                answer = next(
                    decide(statuses)
                    for applies, decide in DECISION_ROWS
                    if applies(practice, statuses, to)
                )
                assert updates_credit_grades_and_email(statuses, to, practice) is answer, statuses


@pytest.mark.parametrize(
    ("after", "others", "expected"),
    [
        ("submitted", ["rejected"], [STOP]),
        ("submitted", ["error"], ["credit:submitted", "email", STOP]),
        ("verified", ["error"], []),
        ("verified", ["verified"], ["credit:satisfied", "grade:False", "email"]),
        ("rejected", ["rejected"], []),
        ("rejected", ["declined"], []),
        ("rejected", ["error"], ["credit:failed", "grade:True", "email"]),
        ("error", ["verified", "rejected"], ["credit:failed", MARK]),
    ],
)
def test_the_other_attempts_decide_with_it(after, others, expected):
    effects = planned("second_review_required", after, others=others, override_active=True)
    assert effects == [*expected, f"event:{after}", "signal:False"]


@pytest.mark.parametrize("after", sorted(KNOWN))
@pytest.mark.parametrize("proctored", [True, False])
@pytest.mark.parametrize("practice", [True, False])
def test_other_attempts_are_read_only_if_a_rule_needs_them(after, proctored, practice):
    def follows(*others):
        more = {"override_active": True, "first_completion": True, "others": others}
        return planned("started", after, proctored=proctored, practice=practice, **more)

    one = change("started", after, proctored=proctored, practice=practice)
    different = {tuple(follows(*others)) for others in ((), ("rejected",), ("declined", "created"))}
    assert len(different) == 1 or asks_for_others(one.attempt, one.exam, after)
