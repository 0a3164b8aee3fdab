"""Expectations of single calls of a provider."""

import copy
import re
import warnings
from contextlib import suppress
from functools import partial

from edx_proctoring import exceptions
from edx_proctoring.api.reviews.validation import Delivery, checked
from edx_proctoring.backends import has_ping
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.responses import is_removal_unsupported
from edx_proctoring.testing.contract.base import (
    CONTEXT,
    DOCUMENT,
    EXAM,
    FAILURES,
    NOTICES,
    ONBOARDING,
    OPTIONAL,
    PROFILE_WORDS,
    UNREACHABLE,
    Checks,
)
from edx_proctoring.testing.contract.wire import Reply
from edx_proctoring.types import JSON

KEY = "key-of-one-registration"


class Calls(Checks):
    """Each test is one expectation."""

    def test_requests(self) -> None:
        """Each request equals the recorded one, which is what the service understands."""
        provider, compared = self.make(), 0
        for call in self.calls():
            with self.playing(call, provider) as wire:
                known = self.recording_of(call)
                if known is None or known.request is None:
                    continue
                if not wire.asked and (wire.error or call.case in OPTIONAL):
                    continue  # another check reports it, or the provider needs no request
                compared += 1
                to = f"{known.request['method']} {known.request['path']}"
                assert wire.asked, f"{call.method} sends no request; the recorded one is {to}"
                wrong = min((known.missing_in(one) for one in wire.asked), key=len)
                assert not wrong, (
                    f"{call.method} does not send the recorded request ({to}): {'; '.join(wrong)}."
                    " Add your own recordings to `answers` if your service expects this request"
                )
        if not compared:
            self.leave_out("no recording has a request")

    # Registration

    def test_registration(self) -> None:
        """An attempt gets an id that fits into URLs; names may use any script or be missing."""
        self.needs("registers")
        provider = self.make()
        for more in ({}, {"full_name": ""}, {"full_name": None}, {"email": None}):
            who = more or "a usual learner"
            with self.hearing("register"):
                try:
                    found = self.register(provider, **more)
                except Exception as error:
                    why = "names may use any script, or be missing"
                    if not more:
                        why = "does the recording 'register' match your service's response?"
                    raise AssertionError(
                        f"register_exam_attempt raised {error!r} for {who}; {why}"
                    ) from error
            assert found, f"register_exam_attempt returned {found!r} for {who}; it must be your id"
            fits = re.fullmatch(r"[-\w]+", str(found), re.ASCII) or provider.takes_anonymous_reviews
            assert fits, (
                f"the id {found!r} does not fit into the URLs of callbacks: use letters, digits, - and _"
            )

    def test_registration_that_fails(self) -> None:
        """Failures are raised as the app's own exceptions, so that the learner gets a response and no attempt."""
        self.needs("registers")
        provider = self.make()
        refused = (
            exceptions.BackendProviderCannotRegisterAttempt,
            exceptions.BackendProviderSentNoAttemptID,
        )
        answers: dict[str, Reply] = {**FAILURES, "no id": {"status": 200, "body": "{}"}}
        for name, how in answers.items():
            with self.hearing(**how):
                error = self.raises(
                    refused,
                    f"{name} as response to a registration",
                    lambda: self.register(provider),
                )
            assert isinstance(getattr(error, "http_status", None), int), (
                f"{name} as response to a registration: the exception's http_status must be a number"
            )

    def test_registration_that_is_repeated(self) -> None:
        """A request whose response was lost is repeated; its key tells the service that it is the same request."""
        self.needs("registers")
        provider = self.make()
        with self.hearing("register", key=KEY) as wire, suppress(Exception):
            self.register(provider)
        if not wire.asked:
            self.leave_out("a registration sends no request")
        if self.speaks_rest():
            keys = [request.headers.get("Idempotency-Key") for request in wire.asked]
            assert KEY in keys, (
                "a registration lacks the header Idempotency-Key: send current_options().idempotency_key"
                " of edx_proctoring.backends.backend"
            )
        marks = (KEY, CONTEXT["attempt_code"])
        assert any(mark in wire.text_of(one) for mark in marks for one in wire.asked), (
            "a registration has neither current_options().idempotency_key of edx_proctoring.backends.backend nor the"
            " attempt_code: your service cannot recognise a repetition, and registers the attempt twice"
        )

    def test_exams_that_are_not_saved(self) -> None:
        """An exception makes the app save the exam again. A provider that swallows it loses the exam and all its
        attempts.
        """
        self.needs("registers")
        provider = self.make()
        for name in UNREACHABLE:
            with self.hearing(**FAILURES[name]) as wire:
                try:
                    found = provider.on_exam_saved(copy.deepcopy(DOCUMENT))
                except Exception as error:
                    assert wire.asked, f"on_exam_saved raised {error!r} without a request"  # noqa: PT017  both may be
                    continue
                assert not wire.asked, (
                    f"{name} as response to on_exam_saved returned {found!r}; do not swallow the exception: the notice will be retried"
                )

    def test_registration_that_needs_onboarding(self) -> None:
        """Each refusal becomes BackendProviderOnboardingException with its status."""
        self.needs("registers")
        self.needs("onboarding")
        provider = self.make()
        for word in ONBOARDING:
            if not self.happens(f"onboarding_{word}"):
                continue
            with self.hearing(f"onboarding_{word}"):
                wanted = exceptions.BackendProviderOnboardingException
                error = self.raises(
                    (wanted,), f"the refusal {word!r}", lambda: self.register(provider)
                )
            assert getattr(error, "status", "") == f"onboarding_{word}", (
                "the exception has another status"
            )

    # Notices

    def test_notices(self) -> None:
        """Repeated and reordered notices are not errors, because notices are sent at least once."""
        self.needs("notifies")
        provider = self.make()
        for method in (*NOTICES, *reversed(NOTICES)):
            if not self.happens(NOTICES[method]):
                continue
            with self.hearing(NOTICES[method]) as wire:
                self.accepts_notice(provider, method)
                assert wire.asked, (
                    f"{method} sends no request; remove 'notifies' from the capabilities"
                )

    def test_notices_that_fail(self) -> None:
        """An exception makes the app repeat the notice. A provider that swallows it loses the notice."""
        self.needs("notifies")
        provider = self.make()
        for name in UNREACHABLE:
            for method in NOTICES:
                told = partial(getattr(provider, method), "exam-1", "attempt-1")
                with self.hearing(**FAILURES[name]):
                    self.raises((Exception,), f"{name} as response to {method}", told)

    # Removal

    def test_removal(self) -> None:
        """True: deleted or unknown. False: answered but not confirmed. Otherwise an exception."""
        self.needs("removes")
        provider = self.make()
        with self.hearing("remove"):
            assert provider.remove_exam_attempt("exam-1", "attempt-1") is True, (
                "a confirmed removal must return True"
            )
        gone = self.hearing("remove gone") if "remove gone" in self.recorded() else None
        with gone or self.hearing(status=404, body="{}"):
            assert provider.remove_exam_attempt("exam-1", "attempt-1") is True, (
                "404 means that it is already gone: return True"
            )
        if self.happens("remove unconfirmed"):
            with self.hearing("remove unconfirmed"):
                assert not provider.remove_exam_attempt("exam-1", "attempt-1"), (
                    "an unconfirmed removal must return False"
                )
        for name in UNREACHABLE:
            with self.hearing(**FAILURES[name]):
                self.raises(
                    (Exception,),
                    f"{name} as response to a removal",
                    lambda: provider.remove_exam_attempt("exam-1", "attempt-1"),
                )

    def test_removal_that_is_unsupported(self) -> None:
        """405 and 501 reach the app, which then lets staff remove the attempt without the service."""
        self.needs("removes")
        provider = self.make()
        for status in (405, 501):
            with self.hearing(status=status, body="{}"):
                error = self.raises(
                    (Exception,),
                    f"{status} as response to a removal",
                    lambda: provider.remove_exam_attempt("exam-1", "attempt-1"),
                )
            assert is_removal_unsupported(error), (
                f"{status} as response to a removal raised {error!r}; do not catch the requests.HTTPError,"
                " or raise NotImplementedError"
            )

    # Reviews

    def test_reviews(self) -> None:
        """Reviews are parsed, and the payload stays unmodified."""
        self.needs("reviews")
        provider = self.make()
        assert self.reviews, "provide samples of your reviews in `reviews`"
        for sample in self.reviews:
            payload = copy.deepcopy(sample)
            checked(provider.on_review_callback(self.attempt(), payload))
            assert payload == sample, "on_review_callback changed the payload: work on a copy"

    def test_garbage_is_no_review(self) -> None:
        """Invalid reviews are refused as 400, without partial results."""
        self.needs("reviews")
        provider = self.make()
        samples: list[JSON] = [*self.garbage, None, [], [{}], "text", 7]
        for sample in samples:
            receive = partial(self._receive, provider, sample)
            self.raises((exceptions.ProctoredBaseException,), f"the delivery {sample!r}", receive)

    def _receive(self, provider: ProctoringBackendProvider, sample: JSON) -> Delivery:
        payload = copy.deepcopy(sample)
        answer = provider.on_review_callback(self.attempt(), payload)  # type: ignore[arg-type]  # garbage
        return checked(answer)

    # Other calls

    def test_onboarding_profiles(self) -> None:
        """A learner's profile uses known statuses; failures raise the app's own exception."""
        self.needs("onboarding")
        provider = self.make()
        with self.hearing("profile"):
            found = provider.get_onboarding_profile_info(EXAM["course_id"], user_id="u")
        assert isinstance(found, dict), f"the profile of a user_id is {found!r}, not an object"
        assert str(found.get("status")) in PROFILE_WORDS, (
            f"the status {found.get('status')!r} is none of {sorted(PROFILE_WORDS)}"
        )
        assert "expiration_date" in found, (
            "a profile must have an expiration_date, which may be None"
        )
        if self.happens("profiles"):
            self._check_profiles(provider)
        for name in ("503", "a time-out", "truncated JSON"):
            with self.hearing(**FAILURES[name]):
                wanted = (exceptions.BackendProviderOnboardingProfilesException,)
                self.raises(
                    wanted,
                    f"{name} as response for a profile",
                    lambda: provider.get_onboarding_profile_info("c", user_id="u"),
                )

    def _check_profiles(self, provider: ProctoringBackendProvider) -> None:
        with self.hearing("profiles"):
            page = provider.get_onboarding_profile_info(EXAM["course_id"], status="")
        assert isinstance(page, dict), f"without a user_id it returned {page!r}, not an object"
        entries = page.get("results")
        assert isinstance(entries, list), "without a user_id it has no list `results`"
        for entry in entries:
            assert isinstance(entry, dict), f"an entry of `results` is not an object: {entry!r}"
            assert entry.get("user_id"), f"an entry of `results` without user_id: {entry!r}"
            assert str(entry.get("status")) in PROFILE_WORDS, (
                f"the status {entry.get('status')!r} in `results` is none of {sorted(PROFILE_WORDS)}"
            )

    def test_retirement(self) -> None:
        """True and False are answers; everything else raises the app's own exception."""
        self.needs("retirement")
        provider = self.make()
        cases = {"retire": True, "retire unknown": False}
        for case, wanted in cases.items():
            if not self.happens(case):
                continue
            with self.hearing(case):
                assert provider.retire_user("u") is wanted, f"retire_user must return {wanted}"
        for name in ("503", "a time-out", "truncated JSON"):
            with self.hearing(**FAILURES[name]):
                self.raises(
                    (exceptions.ProctoredBaseException,),
                    f"{name} as response to a retirement",
                    lambda: provider.retire_user("u"),
                )

    def test_download(self) -> None:
        """Learners get a URL."""
        self.needs("download")
        provider = self.make()
        error, found = None, None
        with self.hearing_or_empty("config") as wire:
            try:
                found = provider.get_software_download_url()
            except Exception as raised:
                error = raised
        assert "config" in self.recorded() or not wire.asked, (
            "no recording of 'config', which get_software_download_url requests: add your service's response to"
            " `answers`"
        )
        assert error is None, f"get_software_download_url raised {error!r}"
        assert str(found).startswith(("http://", "https://")), (
            f"get_software_download_url returned {found!r}, not a URL"
        )

    def test_ping(self) -> None:
        """`proctoring_doctor` learns whether the service is available."""
        if not has_ping(self.provider_class):
            self.leave_out("the class has no ping()")
        provider = self.make()
        with self.hearing_or_empty("ping") as wire:
            try:
                provider.ping()
            except Exception as error:
                raise AssertionError(
                    f"ping raised {error!r}, although its service responded"
                ) from error
        assert wire.asked, "ping sends no request; remove it, or set has_service = False"
        for name in UNREACHABLE:
            with self.hearing(**FAILURES[name]):
                self.raises((Exception,), f"{name} as response to a ping", provider.ping)

    def test_worker_script(self) -> None:
        """The script's URL, or '' if it was not built; an exception would break the exam's page."""
        self.needs("worker script")
        provider = self.make()
        assert getattr(provider, "npm_module", None), (
            "set npm_module: the name of the package with the script"
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the log reports that it was not built
            found = provider.get_javascript()
        assert isinstance(found, str), f"get_javascript returned {found!r}, not a string"
