"""Health: a cheap answer for load balancers, and a report for monitoring and operators."""

from collections.abc import Callable
from typing import Any

from django.utils.cache import add_never_cache_headers
from django.utils.crypto import constant_time_compare
from rest_framework import serializers, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from edx_proctoring import __version__, conf, operations
from edx_proctoring.exceptions import ProctoringTemporarilyUnavailable
from edx_proctoring.views import permissions
from edx_proctoring.views.base import AuthenticatedAPIView
from edx_proctoring.views.v2 import problems

STATES = ("ok", "warning", "error")
FAILING = {"error": ("error",), "warning": ("error", "warning")}


class HealthQuerySerializer(serializers.Serializer[object]):
    """The query of the report."""

    fail_on = serializers.ChoiceField(
        choices=sorted(FAILING),
        required=False,
        help_text="The least severe status for which the report is sent with 503 instead of 200.",
    )


class ReadySerializer(serializers.Serializer[object]):
    """Whether this process can serve learners."""

    status = serializers.ChoiceField(choices=("ok", "error"))


class CheckSerializer(serializers.Serializer[object]):
    """The result of one check."""

    status = serializers.ChoiceField(source="state", choices=("note", *STATES))
    text = serializers.CharField()
    hint = serializers.CharField(allow_blank=True, help_text="What to do about it.")
    numbers = serializers.DictField(help_text="What alert rules compare.")


class HealthSerializer(serializers.Serializer[object]):
    """The worst status of all checks, and the checks by subject: `database`, `cache`, `broker`, `outbox`, `sweep`,
    `provider <name>`, and `requests to <address>` while a provider fails.
    """

    status = serializers.ChoiceField(source="state", choices=STATES)
    version = serializers.SerializerMethodField()
    checks = serializers.SerializerMethodField()

    def get_version(self, _health: object) -> str:
        return __version__

    def get_checks(self, health: Any) -> dict[str, Any]:
        return {one.subject: CheckSerializer(one).data for one in health.findings}


class _HealthView(AuthenticatedAPIView):
    """JSON that nobody stores and nothing throttles: throttles need the cache."""

    renderer_classes = (JSONRenderer,)
    throttle_classes = ()
    api_version = 2

    def get_exception_handler(self) -> Callable[..., Response | None]:
        return problems.answer

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        add_never_cache_headers(response)
        return response


class ReadyView(_HealthView):
    """`/api/edx_proctoring/v2/health/ready/`: 200 while the database answers within 2 seconds, else 503."""

    permission_classes = ()
    answer_class = ReadySerializer

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Nobody is asked for, because sessions are in the database or the cache."""
        return []

    def get(self, request: Request) -> Response:
        """Say nothing else: anybody may ask."""
        if operations.is_ready():
            return Response({"status": "ok"})
        return Response({"status": "error"}, status=status.HTTP_503_SERVICE_UNAVAILABLE)


class HealthPermission(BasePermission):
    """Permission for monitoring that sends HEALTH_TOKEN, and by the table of roles."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if has_token(request):
            return True
        user = request.user
        return bool(user and user.is_authenticated) and permissions.may_call(request, "")


def has_token(request: Any) -> bool:
    """Return whether the request has the header `Authorization: Bearer <HEALTH_TOKEN>`."""
    token, given = conf.proctoring.HEALTH_TOKEN, request.headers.get("Authorization", "")
    return bool(token) and constant_time_compare(given.encode(), f"Bearer {token}".encode())


class HealthView(_HealthView):
    """`/api/edx_proctoring/v2/health/`: the report, complete within about 3 seconds."""

    permission_classes = (HealthPermission,)
    answer_class = HealthSerializer

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Do not look for a session where the token is enough: the database may be what is down."""
        request = getattr(self, "request", None)
        return [] if request is not None and has_token(request) else super().get_authenticators()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A database that hangs would keep authentication waiting, so ask whether it answers first."""
        if not has_token(request) and not operations.is_ready():
            raise ProctoringTemporarilyUnavailable
        super().initial(request, *args, **kwargs)

    def get(self, request: Request) -> Response:
        """Return the report; with `fail_on`, as 503 if it is that bad, for monitoring that only looks at the code."""
        query = HealthQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        health = operations.report_health()
        fails = health.state in FAILING.get(query.validated_data.get("fail_on"), ())
        return Response(HealthSerializer(health).data, status=503 if fails else 200)
