"""Callbacks of providers: readiness and reviews."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api, conf
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.serializers import ProctoredExamStudentAttemptSerializer
from edx_proctoring.types import AttemptDict, JSONObject
from edx_proctoring.views import permissions
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.permissions import may_review, reviewed_backends
from edx_proctoring.views.requests.reviews import ReviewSerializer, RpnowReviewSerializer

if TYPE_CHECKING:
    from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ProctoredExamStudentAttempt

OK = "OK"
SECRET_HEADER = "X-Review-Secret"  # noqa: S105  a name
NOT_PROCTORED = "Exam no longer proctored"
UNKNOWN_ATTEMPT = "There is no attempt with this id."


def _refused() -> Response:
    return Response(status=status.HTTP_403_FORBIDDEN)


def _received(review: "ProctoredExamSoftwareSecureReview | None") -> Response:
    if review is None:
        return Response(status=status.HTTP_412_PRECONDITION_FAILED, data=NOT_PROCTORED)
    return Response(OK)


def _located(
    external_id: str, names: list[str] | None
) -> "tuple[ProctoredExamStudentAttempt, bool, AttemptDict] | None":
    """Return the attempt, whether it was removed, and its dictionary; None if it or its exam is gone."""
    attempt, is_archived = api.locate_attempt_by_external_id(external_id, backends=names)
    if attempt is None:
        return None
    data = ProctoredExamStudentAttemptSerializer.row(attempt)
    if data["proctored_exam"] is None:
        return None
    return attempt, bool(is_archived), data


class ExamReadyCallback(ProctoredAPIView):
    """Route 11: the provider's user or global staff report that an attempt's software is set up."""

    def post(self, request: Request, external_id: str) -> Response:
        anybody = conf.proctoring.READY_CALLBACK_ANY_USER
        names = None if anybody else reviewed_backends(request.user)
        if names == []:
            return _refused()
        found = _located(external_id, names)
        if found is None or found[1]:
            return Response(status=status.HTTP_404_NOT_FOUND, data="This exam code is not valid.")
        attempt, _is_archived, data = found
        if not anybody and not may_review(request.user, data):
            return _refused()
        api.mark_ready_if_setting_up(attempt.pk)
        return Response(OK)


class BaseReviewCallback:
    """Receives a review."""

    trusts_reviewer = True  # may the payload name the reviewer?

    def make_review(
        self,
        attempt: AttemptDict,
        data: JSONObject,
        backend: ProctoringBackendProvider | None = None,
    ) -> Response:
        """Store and apply the review of an attempt (a dictionary); `backend`: use another provider."""
        found, is_archived = api.locate_attempt_by_attempt_code(attempt["attempt_code"])
        if found is None:
            raise StudentExamAttemptDoesNotExistsException(UNKNOWN_ATTEMPT)
        return self.receive(found, data, is_archived=bool(is_archived), backend=backend)

    def receive(
        self,
        attempt: "ProctoredExamStudentAttempt",
        data: JSONObject,
        *,
        is_archived: bool,
        backend: ProctoringBackendProvider | None = None,
    ) -> Response:
        """Do the same for an attempt as returned by `api.locate_attempt_by_…`."""
        review = api.receive_review(
            attempt,
            data,
            is_archived=is_archived,
            backend=backend,
            trusts_reviewer=self.trusts_reviewer,
            is_staff=permissions.is_user_course_or_global_staff,
        )
        return _received(review)


class ProctoredExamReviewCallback(ProctoredAPIView, BaseReviewCallback):
    """Route 12: a provider's user delivers a review."""

    largest_body = "MAX_DOCUMENT_BYTES"

    def post(self, request: Request, external_id: str) -> Response:
        names = reviewed_backends(request.user)
        if names == []:
            return _refused()
        found = _located(external_id, names)
        if found is None:
            raise StudentExamAttemptDoesNotExistsException(UNKNOWN_ATTEMPT)
        attempt, is_archived, known = found
        if not may_review(request.user, known):
            return _refused()
        review = ReviewSerializer.read(request)
        return self.receive(attempt, review, is_archived=is_archived)


class IgnoreClientContentNegotiation(BaseContentNegotiation):
    """Ignores the client's content types."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return next(iter(parsers))

    def select_renderer(  # type: ignore[override]  # published without a default
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


def _secret_of(request: HttpRequest | Request) -> str:
    return request.headers.get(SECRET_HEADER, "") or request.GET.get("secret", "")


class AnonymousReviewCallback(BaseReviewCallback, ProctoredAPIView):
    """Route 29: RPNow delivers a review, without a user account."""

    authentication_classes = ()
    permission_classes: Sequence[type[BasePermission]] = (AllowAny,)
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = IgnoreClientContentNegotiation
    largest_body = "MAX_DOCUMENT_BYTES"
    trusts_reviewer = False
    _secret: str | None = None  # set once a request was dispatched

    def initialize_request(self, request: HttpRequest, *args: object, **kwargs: object) -> Request:
        """Remove the secret from the query, because middleware and error reports log queries."""
        self._secret = _secret_of(request)
        if "secret" in request.GET:
            query = request.GET.copy()
            query["secret"] = "hidden"  # noqa: S105  not a password
            request.GET = query  # type: ignore[assignment]  # a copy, whose type is mutable
            request.META["QUERY_STRING"] = query.urlencode()
        return super().initialize_request(request, *args, **kwargs)

    def get_authenticators(self) -> list[BaseAuthentication]:
        return []

    def post(self, request: Request) -> Response:
        review = api.receive_anonymous_review(
            RpnowReviewSerializer.read(request),
            secret=_secret_of(request) if self._secret is None else self._secret,
            address=request.META.get("REMOTE_ADDR", ""),
            forwarded_for=request.headers.get("X-Forwarded-For", ""),
        )
        return _received(review)
