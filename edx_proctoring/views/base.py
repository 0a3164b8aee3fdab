"""The base classes of all views: authentication, throttling and error responses."""

import logging
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string
from rest_framework import status
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle
from rest_framework.views import APIView

from edx_proctoring import cache, conf, logs, transactions
from edx_proctoring.exceptions import (
    BackendProviderNotConfigured,
    ProctoredBaseException,
    ProctoringTemporarilyUnavailable,
)
from edx_proctoring.views.bodies import LimitedParser, check_length, check_texts

LOG = logging.getLogger("edx_proctoring_views")

ATTEMPTS_PER_PAGE = 25
ERROR_HEADER = "Proctoring-Error"

JWT_AUTHENTICATION = "edx_rest_framework_extensions.auth.jwt.authentication.JwtAuthentication"


def _default_authentication() -> list[type[BaseAuthentication]]:
    """Return session authentication, and JWT authentication if edx-drf-extensions is installed."""
    try:
        return [SessionAuthentication, import_string(JWT_AUTHENTICATION)]
    except ImportError:
        return [SessionAuthentication]


class ScopeThrottle(SimpleRateThrottle):
    """The throttle rate of one scope, per user; disabled while the cache does not work."""

    cache: Any = cache  # the cache methods that a throttle calls

    def __init__(self, scope: str, rate: str) -> None:
        self.scope, self.rate = scope, rate
        super().__init__()

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"throttle_edx_proctoring_{self.scope}_{request.user.pk}"


class AuthenticatedAPIView(APIView):
    """A view for signed-in users. Authentication is by session, by JWT, or as the setting AUTHENTICATION_CLASSES says."""

    authentication_classes: Sequence[type[BaseAuthentication]] = _default_authentication()
    permission_classes: Sequence[type[BasePermission]] = (IsAuthenticated,)
    throttle_scope: str | None = None
    largest_body = "MAX_REQUEST_BYTES"  # the name of a setting

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Let HTTP methods handle errors themselves, because hosts also call `get` and others without `dispatch`."""
        super().__init_subclass__(**kwargs)
        for name in cls.http_method_names:
            if name in vars(cls):
                setattr(cls, name, _answering(vars(cls)[name]))

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Exempt the view from ATOMIC_REQUESTS, so that no transaction stays open while a provider is called."""
        return transaction.non_atomic_requests(super().as_view(**initkwargs))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Work on the request under its id, which the client gets back."""
        request_id = logs.id_of(request)
        with logs.working_on(request_id):
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        response[logs.HEADER] = request_id
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate and check permissions. Nothing has been written yet, so a lost database connection is reopened
        here.
        """
        check_length(request, self.largest_body)
        initial = super().initial
        transactions.reconnecting(lambda: initial(request, *args, **kwargs))
        check_texts([*kwargs.values(), *request.GET.values()])

    def get_parsers(self) -> list[BaseParser]:
        return [LimitedParser(one, self.largest_body) for one in super().get_parsers()]

    def get_authenticators(self) -> list[BaseAuthentication]:
        paths = conf.proctoring.AUTHENTICATION_CLASSES
        if paths:
            return [import_string(path)() for path in paths]
        return super().get_authenticators()

    def get_throttles(self) -> list[BaseThrottle]:
        throttles: list[BaseThrottle] = super().get_throttles()
        scope = self.throttle_scope
        rate = conf.proctoring.THROTTLES.get(scope)
        if scope and rate:
            throttles.append(ScopeThrottle(scope, rate))
        return throttles

    def check_throttles(self, request: Request) -> None:
        """Throttles of the host need its cache. While the cache does not work, requests are not throttled."""
        try:
            super().check_throttles(request)
        except APIException:
            raise
        except Exception as error:
            # Cache clients have no common base class for their errors.
            cache.failed(error)

    def handle_exception(self, exc: Exception) -> Response:
        """Return 503 for temporary database errors, but repeat a read once if its connection was lost."""
        if not transactions.is_passing(exc):
            return super().handle_exception(exc)
        if self.request.method in SAFE_METHODS and transactions.close_if_lost(exc):
            return self._read_again()
        return self._unavailable(exc)

    def _read_again(self) -> Response:
        name = str(self.request.method).lower()
        known = name in self.http_method_names
        handler = getattr(self, name, None) if known else None
        try:
            # Authentication and permissions read the database, too, so they may be what has failed.
            self.initial(self.request, *self.args, **self.kwargs)
            response: Response = (handler or self.http_method_not_allowed)(
                self.request, *self.args, **self.kwargs
            )
        except Exception as error:
            if transactions.is_passing(error):
                return self._unavailable(error)
            return self.handle_exception(error)
        return response

    def _unavailable(self, error: Exception) -> Response:
        transactions.close_if_lost(error)
        busy = ProctoringTemporarilyUnavailable()
        busy.__cause__ = error
        answer = handle_proctored_exception(busy, type(self).__name__)
        assert answer is not None  # the view is ours
        return answer


def handle_proctored_exception(exc: BaseException, name: str | None = None) -> Response | None:
    """Return the response to an exception of this package, logged for view `name`; None for any other exception."""
    if not isinstance(exc, ProctoredBaseException):
        return None
    code = int(getattr(exc, "answer_status", exc.http_status))
    if code >= status.HTTP_500_INTERNAL_SERVER_ERROR:
        LOG.error("%s answered %s", name, code, exc_info=exc)
    else:
        LOG.warning("%s answered %s: %s", name, code, type(exc).__name__)
    detail = str(exc)
    if isinstance(exc, BackendProviderNotConfigured):
        detail = "The proctoring provider of this exam is not configured."
    seconds = getattr(exc, "retry_after", None)
    # Learners' pages choose their sentence by this name; the body stays as published.
    headers = {ERROR_HEADER: type(exc).__name__}
    if seconds is not None:
        headers["Retry-After"] = str(seconds)
    return Response(status=code, data={"detail": detail}, headers=headers)


def _as_dispatched(view: APIView, request: HttpRequest | Request) -> Request:
    """If the host calls the method directly, it may pass Django's request, whose user is already known."""
    if not isinstance(request, HttpRequest):
        return request
    wrapped = Request(request, parsers=view.get_parsers())
    wrapped.user = getattr(request, "user", AnonymousUser())
    return wrapped


def _answering(method: Callable[..., Response | None]) -> Callable[..., Response | None]:
    @wraps(method)
    def answered(
        self: AuthenticatedAPIView, request: HttpRequest | Request, *args: object, **kwargs: object
    ) -> Response | None:
        try:
            return method(self, _as_dispatched(self, request), *args, **kwargs)
        except ProctoredBaseException as error:
            return handle_proctored_exception(error, type(self).__name__)
        except (ParseError, ValidationError) as error:
            return self.handle_exception(error)

    return answered


class ProctoredAPIView(AuthenticatedAPIView):
    """A view that turns the package's exceptions into responses."""

    def handle_exception(self, exc: Exception) -> Response:
        answer = handle_proctored_exception(exc, type(self).__name__)
        return super().handle_exception(exc) if answer is None else answer
