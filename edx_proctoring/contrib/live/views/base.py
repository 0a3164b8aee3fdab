"""Base classes of the app's resources: a user sees and acts on the whole course, or on the rooms assigned to her."""

from django.db.models import Model
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from edx_proctoring.contrib.live.rooms import Scope, scope_of
from edx_proctoring.views.permissions import caller, role_of
from edx_proctoring.views.v2.base import ResourceViewSet, Row


class ScopePermission(BasePermission):
    """Course staff, and invigilators of one of its rooms. Routes that are not in the table of roles refuse everybody."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if getattr(view, "action", None) is None:
            return True  # the method does not exist: 405
        match = request.resolver_match
        if role_of(match.url_name if match else None, str(request.method)) is None:
            return False
        assert isinstance(view, ScopedViewSet)
        view.scope = scope_of(caller(request), view.kwargs["course_id"])
        return view.scope is not None


class ScopedViewSet(ResourceViewSet[Row]):
    """A resource for course staff and invigilators; the user's scope is read once."""

    permission_classes: tuple[type[BasePermission], ...] = (IsAuthenticated, ScopePermission)
    scope: Scope | None = None

    @property
    def own_scope(self) -> Scope:
        """Return the scope of the caller, who has one."""
        if self.scope is None:
            raise PermissionDenied
        return self.scope


class BoardResource(ScopedViewSet[Model]):
    """A resource that is not a list of rows of a table."""
