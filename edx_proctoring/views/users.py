"""Retirement of learners, for the host's retirement pipeline."""

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import operations
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.permissions import may_retire_users


class BackendUserManagementAPI(ProctoredAPIView):
    """Route 22: have all providers delete the user's data; returns the result by provider. 500 if one failed."""

    def post(self, request: Request, user_id: str, **kwargs: object) -> Response:
        if not may_retire_users(request.user):
            return Response(status=status.HTTP_403_FORBIDDEN)
        answers = operations.retire_user_at_providers(user_id)
        failed = not all(answers.values())
        code = status.HTTP_500_INTERNAL_SERVER_ERROR if failed else status.HTTP_200_OK
        return Response(answers, status=code)


class UserRetirement(ProctoredAPIView):
    """Route 23: blank the user's personal data here."""

    def post(self, request: Request, user_id: str) -> Response:
        if not may_retire_users(request.user):
            return Response(status=status.HTTP_403_FORBIDDEN)
        operations.retire_user(user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
