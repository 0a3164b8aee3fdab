"""REST resources of the app, below `/api/edx_proctoring/v2/courses/{course_id}/`."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError as InvalidValues
from django.db.models import Model, QuerySet
from django.utils import timezone
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.allowances import course
from edx_proctoring.contrib.accommodations import api, breaks
from edx_proctoring.contrib.accommodations.listing import Listing
from edx_proctoring.contrib.accommodations.models import COURSE, Profile, ProfileChange
from edx_proctoring.contrib.accommodations.serializers import (
    AccommodationFilter,
    AccommodationSerializer,
    BreakSerializer,
    EmptySerializer,
    NewProfileSerializer,
    PreviewSerializer,
    ProfileChangesSerializer,
    ProfileFilter,
    ProfileHistorySerializer,
    ProfileSerializer,
)
from edx_proctoring.exceptions import UserNotFoundException
from edx_proctoring.lifecycle import TimeChange
from edx_proctoring.views.permissions import caller, caller_id
from edx_proctoring.views.v2.base import ResourceViewSet, StrictSerializer, row_of, valid
from edx_proctoring.views.v2.conditional import etag_of, expected_etags, is_expected
from edx_proctoring.views.v2.idempotency import HEADER, idempotent


@contextmanager
def refusing_invalid_values() -> Iterator[None]:
    """Return 400, by field, if the values of a profile are inconsistent."""
    try:
        yield
    except InvalidValues as error:
        raise ValidationError(error.message_dict) from error


def _as_values(validated: Any) -> api.ProfileValues:
    values: api.ProfileValues = validated  # the serializer has the same fields
    return values


def profile_of(view: ResourceViewSet[Any]) -> Profile:
    """Return the profile in the URL; 404 unless the caller sees it in the list."""
    all_scopes = bool(view.request.user.is_staff)
    visible = api.find_profiles(view.kwargs["course_id"], all_scopes=all_scopes)
    return row_of(visible, view.kwargs["profile_id"])


class ProfileViewSet(ResourceViewSet[Profile]):
    """`accommodations/`: profiles of the course, for global staff also those of its organisation and of the site."""

    serializer_class = ProfileSerializer
    filterset_class = ProfileFilter
    changes_class = ProfileChangesSerializer
    resource = "accommodations"
    body_classes: Mapping[str, type[StrictSerializer]] = {
        "create": NewProfileSerializer,
        "preview": NewProfileSerializer,
        "preview_change": ProfileChangesSerializer,
        "end": EmptySerializer,
    }
    answer_classes = {"preview": PreviewSerializer, "preview_change": PreviewSerializer}  # noqa: RUF012  a constant

    def get_queryset(self) -> QuerySet[Profile]:
        course_id = self.kwargs.get("course_id", "")  # none for the OpenAPI document
        return api.find_profiles(course_id, all_scopes=bool(self.request.user.is_staff))

    def get_object(self) -> Profile:
        return profile_of(self)

    @idempotent
    def create(self, request: Request, **kwargs: str) -> Response:
        """Store a new profile; running attempts follow it."""
        with refusing_invalid_values():
            user_id, scope, values = self._new(request)
            profile = api.create_profile(user_id, scope, values, by=caller(request))
        return Response(ProfileSerializer(profile).data)

    @idempotent
    def preview(self, request: Request, **kwargs: str) -> Response:
        """Show what a new profile would change."""
        with refusing_invalid_values():
            profile = api.new_profile(*self._new(request))
        return self._preview(profile)

    @idempotent
    def preview_change(self, request: Request, **kwargs: str) -> Response:
        """Show what changed values of a profile would change."""
        profile, values = self.get_object(), self._changes(request)
        with refusing_invalid_values():
            api.apply_values(profile, values)
        return self._preview(profile)

    def partial_update(self, request: Request, **kwargs: str) -> Response:
        """Requires `If-Match`: the change is refused if the profile has changed meanwhile."""
        expected = expected_etags(request)
        profile, values = self.get_object(), self._changes(request)

        def is_as_seen(known: Profile) -> bool:
            return is_expected(expected, etag_of(ProfileSerializer(known).data))

        with refusing_invalid_values():
            changed = api.change_profile(profile.pk, values, caller(request), is_as_seen)
        return Response(ProfileSerializer(changed).data)

    @idempotent
    def end(self, request: Request, **kwargs: str) -> Response:
        """End the validity of a profile now. Running attempts keep their time."""
        profile = self.get_object()
        EmptySerializer(data=request.data).is_valid(raise_exception=True)
        return Response(ProfileSerializer(api.end_profile(profile.pk, caller(request))).data)

    def _new(self, request: Request) -> tuple[int, api.Scope, api.ProfileValues]:
        values = valid(NewProfileSerializer(data=request.data))
        kind, name = values.pop("scope"), values.pop("user")
        if kind != COURSE and not request.user.is_staff:
            raise PermissionDenied("Only global staff may grant this beyond the course.")
        scope = api.Scope.around(self.kwargs["course_id"], kind)
        try:
            user_id = api.find_learner_id(name, scope.id if kind == COURSE else None)
        except UserNotFoundException as error:
            raise ValidationError({"user": ["There is no such learner here."]}) from error
        return user_id, scope, _as_values(values)

    @staticmethod
    def _changes(request: Request) -> api.ProfileValues:
        body = ProfileChangesSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return _as_values(body.validated_data)

    def _preview(self, profile: Profile) -> Response:
        rows = api.preview_of(profile, self.kwargs["course_id"])
        return Response(PreviewSerializer({"rows": rows}).data)


class AccommodationViewSet(ResourceViewSet[Any]):
    """`accommodations/all/`: the allowances and the profiles of the course in one list."""

    serializer_class = AccommodationSerializer
    filterset_class = AccommodationFilter
    resource = "accommodations_all"

    def get_queryset(self) -> QuerySet[Profile]:
        course_id = self.kwargs.get("course_id", "")  # none for the OpenAPI document
        return api.find_profiles(course_id, all_scopes=bool(self.request.user.is_staff))

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Return one page; those without their full effect come first."""
        course_id, profiles = self.kwargs["course_id"], self.get_queryset()
        self.filter_queryset(profiles)  # refuses parameters
        filters = AccommodationFilter(request.query_params, profiles)
        filters.is_valid()
        listing = Listing(course_id, profiles)
        places: Any = self.paginate_queryset(listing.rows(filters.wanted()))
        rows: Any = listing.hydrated(places)
        allowances = [row.allowance for row in rows if row.allowance]
        members = course.known_members(course_id, allowances)
        context = {**self.get_serializer_context(), "members": members}
        found = AccommodationSerializer(rows, many=True, context=context)
        return self.get_paginated_response(found.data)


class ProfileHistoryViewSet(ResourceViewSet[ProfileChange]):
    """`accommodations/{profile_id}/history/`: who changed the profile, when, and how; for those who see the profile."""

    serializer_class = ProfileHistorySerializer
    resource = "accommodation_history"

    def get_queryset(self) -> QuerySet[ProfileChange]:
        if not self.kwargs:  # for the OpenAPI document
            return ProfileChange.objects.none()
        return api.history_of(profile_of(self))


class BreakViewSet(ResourceViewSet[Model]):
    """`attempts/{attempt_id}/break/{begin,end}/`: breaks of the learner in the caller's own running attempt."""

    serializer_class = BreakSerializer
    resource = "breaks"
    body_classes = {"begin": EmptySerializer, "end": EmptySerializer}  # noqa: RUF012  a constant

    @idempotent
    def begin(self, request: Request, **kwargs: str) -> Response:
        """Begin a break, if the budget allows one. Ends by itself when the budget is used up."""
        attempt_id = self._attempt_id(request)
        parts = (caller_id(request), request.path, request.headers[HEADER])
        key = f"break:{hashlib.sha256(repr(parts).encode()).hexdigest()}"
        return self._answer(breaks.begin_break(attempt_id, caller(request), key))

    @idempotent
    def end(self, request: Request, **kwargs: str) -> Response:
        """End the break. The deadline moves by its length, limited by the due date."""
        return self._answer(breaks.end_break(self._attempt_id(request), caller(request)))

    def _attempt_id(self, request: Request) -> int:
        """Return the id of the caller's own attempt in the course of the URL."""
        EmptySerializer(data=request.data).is_valid(raise_exception=True)
        attempt_id, course_id = int(self.kwargs["attempt_id"]), self.kwargs["course_id"]
        if not breaks.is_own_attempt(attempt_id, caller(request), course_id):
            raise NotFound
        return attempt_id

    @staticmethod
    def _answer(change: TimeChange) -> Response:
        row = change.adjustment
        is_paused = row is not None and row.stops_clock(timezone.now())
        end = row.ends_by_itself_at if row is not None and is_paused else None
        found: Any = {"changed": change.changed, "paused": is_paused, "ends_at": end}
        return Response(BreakSerializer(found).data)
