"""The required format of a review, and its consequences: tables, no database."""

import json

import pytest

from edx_proctoring.api.reviews.outcome import Facts, status_after
from edx_proctoring.api.reviews.storage import is_same_payload, redacted
from edx_proctoring.api.reviews.validation import checked
from edx_proctoring.exceptions import ProctoredExamBadReviewStatus


def facts(review_status="Suspicious", **more):
    values = {
        "passing": review_status == "Clean",
        "human": False,
        "attempt_status": "submitted",
        "ever_submitted": True,
        "onboarding_sample": False,
        "second_reviews": True,
    }
    return Facts(review_status=review_status, **{**values, **more})


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (facts("Clean"), "verified"),
        (facts("Clean", ever_submitted=False), "error"),
        (facts("Clean", attempt_status="onboarding_reset"), None),
        (facts("Clean", attempt_status="rejected"), "verified"),
        (facts("Rules Violation", passing=True), "verified"),
        (facts("Not Reviewed"), "error"),
        (facts("Not Reviewed", human=True), "error"),
        (facts("Suspicious"), "second_review_required"),
        (facts("Rules Violation"), "second_review_required"),
        (facts("Suspicious", human=True), "rejected"),
        (facts("Suspicious", second_reviews=False), "rejected"),
        (facts("Suspicious", onboarding_sample=True), "rejected"),
        (facts("Suspicious", human=True, attempt_status="onboarding_reset"), None),
    ],
)
def test_the_status_after_a_review(known, expected):
    assert status_after(known) == expected


def test_a_valid_delivery():
    delivery = checked(
        {
            "status": "suspicious",
            "comments": [{"comment": "A book", "status": "suspicious", "start": 1, "stop": "3"}],
            "reviewed_by": "reviewer@example.com",
            "payload": {"videoReviewLink": "https://example.com/video"},
        }
    )
    (comment,) = delivery.comments
    assert delivery.review_status == "Suspicious"
    assert (comment.start, comment.stop, comment.duration) == (1, 3, 0)
    assert delivery.reviewer == "reviewer@example.com"
    assert delivery.video_link == "https://example.com/video"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "passed",
        {},
        {"status": None},
        {"status": "Clean"},
        {"status": ["passed"]},
        {"status": "passed", "comments": "all well"},
        {"status": "passed", "comments": {}},
        {"status": "passed", "comments": [None]},
        {"status": "passed", "comments": [{"status": "ok"}]},
        {"status": "passed", "comments": [{"comment": "ok"}]},
        {"status": "passed", "comments": [{"comment": "ok", "status": "x" * 256}]},
        {"status": "passed", "comments": [{"comment": "ok", "status": "ok", "start": "soon"}]},
        {"status": "passed", "comments": [{"comment": "ok", "status": "ok", "stop": 2**31}]},
        {"status": "passed", "comments": [{"comment": "ok", "status": "ok", "start": 1e400}]},
        {"status": "passed", "comments": [{"comment": "ok", "status": "ok", "start": True}]},
    ],
)
def test_an_invalid_delivery_is_refused_with_a_reason(answer):
    with pytest.raises(ProctoredExamBadReviewStatus, match=r".+"):
        checked(answer)


def test_the_link_to_the_video_is_not_stored_in_clear_text():
    link = {"videoReviewLink": "https://example.com/video"}
    kept = redacted({"status": "passed", **link, "payload": {"id": 1, **link}})
    assert json.loads(kept) == {"status": "passed", "payload": {"id": 1}}


def test_equal_payloads():
    assert is_same_payload('{"a": 1, "b": 2}', '{"b": 2, "a": 1}')
    assert not is_same_payload('{"a": 1}', '{"a": 2}')
    assert is_same_payload("not JSON", "not JSON")
    assert not is_same_payload("not JSON", "{}")
