"""The package's own providers pass the contract."""

import unittest
from typing import ClassVar

import pytest

from edx_proctoring.backends.mock import MockProctoringBackendProvider
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.testing import ProviderContract, check
from edx_proctoring.testing.contract.base import CAPABILITIES, CONTEXT
from edx_proctoring.testing.contract.wire import Recording

pytestmark = [pytest.mark.django_db, pytest.mark.needs("django-crum")]


class Acme(BaseRestProctoringProvider):
    """A provider as third parties define it."""

    base_url = "https://acme.example.com"
    verbose_name = "Acme"
    npm_module = "@acme/worker"


class Rest(ProviderContract):
    provider_class = Acme
    options: ClassVar = {"client_id": "acme-id", "client_secret": "a-secret-of-acme", "timeout": 5}
    capabilities: ClassVar = {
        "registers",
        "notifies",
        "removes",
        "reviews",
        "onboarding",
        "dashboard",
        "retirement",
        "download",
        "worker script",
    }


class Live(Rest):
    """A provider that hears of granted time, pauses and breaks."""

    options: ClassVar = {**Rest.options, "supports_time_changes": True}
    capabilities: ClassVar = {*Rest.capabilities, "time changes"}


class Rpnow(ProviderContract):
    provider_class = SoftwareSecureBackendProvider
    options: ClassVar = {
        "organization": "Org",
        "exam_sponsor": "Sponsor",
        "exam_register_endpoint": "https://psi.example.com/register",
        "secret_key_id": "id",
        "secret_key": "secret-of-psi",
        "crypto_key": "123456789012345678901234",
        "software_download_url": "https://psi.example.com/download",
        "video_review_aes_key": "00112233445566778899aabbccddeeff",
    }
    capabilities: ClassVar = {"registers", "reviews", "download"}
    answers: ClassVar = {
        "register": Recording(
            {"ssiRecordLocator": "attempt-1"},
            request={
                "method": "POST",
                "path": "/register",
                "body": {
                    "examCode": CONTEXT["attempt_code"],
                    "duration": 60,
                    "ssiProduct": "rp-now",
                },
            },
        )
    }
    meta: ClassVar = {"examMetaData": {"examCode": "c", "ssiRecordLocator": "ATTEMPT-1"}}
    remark: ClassVar = {
        "comments": "é",
        "eventStart": 1,
        "eventFinish": 2,
        "duration": 1,
        "eventStatus": "x",
    }
    reviews: ClassVar = (
        {**meta, "reviewStatus": "Clean"},
        {
            **meta,
            "reviewStatus": "Suspicious",
            "webCamComments": [remark],
            "desktopComments": [remark],
        },
    )
    garbage: ClassVar = (
        {},
        {**meta},
        {**meta, "reviewStatus": "passed"},
        {**meta, "reviewStatus": "Clean", "webCamComments": [{}]},
        {"examMetaData": {"ssiRecordLocator": "other"}, "reviewStatus": "Clean"},
    )


class Null(ProviderContract):
    provider_class = NullBackendProvider


class Mock(ProviderContract):
    provider_class = (
        MockProctoringBackendProvider  # its address of downloads is the literal "mockurl"
    )


OURS = {"REST": Rest, "REST with time changes": Live, "RPNow": Rpnow, "null": Null, "mock": Mock}


@pytest.mark.needs("lms-urls")
@pytest.mark.parametrize("name", OURS)
def test_our_providers_pass(name):
    suite = OURS[name]
    rows = check.run(suite)
    assert [row for row in rows if row[1] == check.FAILS] == []
    held = {title for title, state, _ in rows if state == check.HOLDS}
    assert {"options", "words", "flags", "what is not declared is not done"} <= held
    left_out = {why for _, state, why in rows if state == check.LEFT_OUT}
    missing = sorted(set(CAPABILITIES) - set(suite.capabilities))
    silent = set()
    if not suite.capabilities:
        silent = {"no recording has a request", "the class has no ping()"}
    assert left_out <= silent | {f"{one!r} is not among the capabilities" for one in missing}
    assert len(rows) - len(held) >= len(left_out)


def test_an_authors_suite_runs_with_unittest():
    class Suite(Null, unittest.TestCase):
        """A suite of an author who does not use pytest."""

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Suite).run(result)
    assert result.wasSuccessful(), result.failures + result.errors
    assert result.testsRun > 15
    assert {why for _, why in result.skipped} >= {"'registers' is not among the capabilities"}
