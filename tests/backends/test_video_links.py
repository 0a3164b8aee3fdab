"""Links to RPNow videos: allowed hosts, encryption, keys."""

import json

import pytest
from django.core import checks
from django.utils import timezone

from edx_proctoring import api, crypto
from edx_proctoring.models import ProctoredExamSoftwareSecureReview
from edx_proctoring.testing.factories import COURSE_ID
from tests.backends.rpnow import configured, psi_review

pytestmark = pytest.mark.django_db


@pytest.mark.defect("BACKENDS-A8")
@pytest.mark.parametrize(
    ("link", "is_followed"),
    [
        ("https://videos.psi.example.com/DirectLink-Generic", True),
        ("https://videos.psi.example.com:8443/v", True),
        ("https://evil.example.com/v", False),
        ("https://videos.psi.example.com@evil.example.com/v", False),
        ("https://[::bad", False),
        ("javascript:alert(1)", False),
    ],
)
def test_stored_links_lead_to_listed_hosts_only(link, is_followed):
    key = "00" * 16
    psi = configured(video_review_aes_key=key, video_review_hosts=["videos.psi.example.com"])
    encrypted = crypto.encrypt_and_encode(link, bytes.fromhex(key))
    url = psi.get_instructor_url(COURSE_ID, {}, encrypted_video_review_url=encrypted)
    assert url == (link.replace("Generic", "HTML5") if is_followed else None)


Review = ProctoredExamSoftwareSecureReview


def submitted(attempt, **more):
    return attempt(status="submitted", completed_at=timezone.now(), **more)


@pytest.mark.defect("BACKENDS-A9")
@pytest.mark.parametrize("key", [None, "00" * 16])
def test_links_and_personal_data_are_not_stored_in_clear_text(key, attempt, make_exam):
    configured(video_review_aes_key=key)
    known = submitted(attempt, exam=make_exam(backend="software_secure"))
    private = {
        "examTakerFirstName": "Jane",
        "examTakerLastName": "Doe",
        "examTakerEmail": "jane@example.com",
        "userPhotoBase64String": "cGhvdG8=",
        "examApiData": {"orgExtra": {"firstName": "Jane", "email": "jane@example.com", "x": 1}},
        "videoReviewLink": "https://videos.example.com/1",
        "payload": {"videos": [{"videoReviewLink": "https://videos.example.com/2", "at": 2}]},
    }
    api.receive_review(known, psi_review(known, **private))
    stored = Review.objects.get()
    for word in ("Jane", "Doe", "jane@", "cGhvdG8", "videos.example.com"):
        assert word not in stored.raw_data
    kept = json.loads(stored.raw_data)
    assert kept["examApiData"] == {"orgExtra": {"x": 1}}
    assert kept["payload"] == {"videos": [{"at": 2}]}
    assert bool(stored.encrypted_video_url) is (key is not None)
    # A row that an older version stored, whole, is still the same review.
    Review.objects.update(raw_data=json.dumps(psi_review(known, **private)))
    version = Review.objects.get().modified
    api.receive_review(known, psi_review(known, **private))
    assert Review.objects.get().modified == version


@pytest.mark.defect("BACKENDS-A10")
@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, []),
        ({"crypto_key": "too short"}, ["crypto_key"]),
        ({"video_review_aes_key": "00" * 15}, ["video_review_aes_key"]),
        ({"video_review_aes_key": "no hex"}, ["video_review_aes_key"]),
        ({"video_review_aes_key": "00" * 32, "crypto_key": b"1234567812345678"}, []),
    ],
)
def test_keys_are_checked_at_the_start(options, found):
    configured(**options)
    errors = [one for one in checks.run_checks(tags=["edx_proctoring"]) if "E003" in one.id]
    assert len(errors) == len(found)
    assert all(word in one.msg for word, one in zip(found, errors, strict=True))
