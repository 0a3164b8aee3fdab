"""Create and change profiles: one transaction each, with a record of the change and of the attempts that follow it."""

import datetime
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, connection
from django.forms import model_to_dict
from django.utils import timezone

from edx_proctoring import lifecycle, transactions
from edx_proctoring.contrib.accommodations.models import (
    COURSE,
    ORGANISATION,
    SITE,
    Profile,
    ProfileChange,
    digest_of,
    organisation_of,
)
from edx_proctoring.contrib.accommodations.values import ProfileValues, cleaned
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.types import JSON, JSONObject, User


class ProfileAlreadyExists(ProctoredBaseException):
    """The learner already has a profile in this scope: change that one."""

    http_status = 409

    def __str__(self) -> str:
        return super().__str__() or "The learner already has a profile in this scope."


class ProfileNotFound(ProctoredBaseException):
    """There is no such profile here."""

    http_status = 404

    def __str__(self) -> str:
        return super().__str__() or "There is no such profile here."


class ProfileChangedMeanwhile(ProctoredBaseException):
    """The profile has changed since the caller read it; nothing was changed."""

    http_status = 412

    def __str__(self) -> str:
        return super().__str__() or "Somebody else changed this profile. Nothing was changed."


@dataclass(frozen=True)
class Scope:
    """The scope of a profile: a course, an organisation, or the site."""

    kind: str
    id: str = ""

    @classmethod
    def around(cls, course_id: str, kind: str) -> "Scope":
        """Return the scope of this kind that a course belongs to."""
        ids = {COURSE: course_id, ORGANISATION: organisation_of(course_id), SITE: ""}
        return cls(kind, ids[kind])


def create_profile(
    user_id: int, scope: Scope, values: ProfileValues, by: User | None = None
) -> Profile:
    """Store a learner's profile in this scope; running attempts follow it.

    Raises ProfileAlreadyExists, and django.core.exceptions.ValidationError for values that are not allowed.
    """
    profile = new_profile(user_id, scope, values)

    def store() -> Profile:
        profile.pk = None
        profile.save(force_insert=True)
        recorded([(profile, None)], by)
        return profile

    try:
        return transactions.run(store)
    except IntegrityError as error:
        raise ProfileAlreadyExists from error


def new_profile(user_id: int, scope: Scope, values: ProfileValues) -> Profile:
    """Return a valid profile that is not stored. Raises django.core.exceptions.ValidationError."""
    digest = digest_of(scope.kind, scope.id)
    profile = Profile(
        user_id=user_id, scope=scope.kind, scope_id=scope.id, scope_digest=digest, **values
    )
    cleaned(profile)
    return profile


def create_profiles(profiles: Sequence[Profile], by: User | None) -> None:
    """Store valid profiles of `new_profile`. Raises IntegrityError if one exists; call it in a transaction."""
    Profile.objects.bulk_create(profiles)
    if profiles and not connection.features.can_return_rows_from_bulk_insert:
        users = Profile.objects.of_users({one.user_id for one in profiles})
        ids = {
            (user, digest): pk
            for user, digest, pk in users.values_list("user_id", "scope_digest", "pk")
        }
        for one in profiles:
            one.pk = ids[one.user_id, one.scope_digest]
    recorded([(one, None) for one in profiles], by)


def change_profile(
    profile_id: int,
    values: ProfileValues,
    by: User | None = None,
    is_as_seen: Callable[[Profile], bool] = lambda _: True,
) -> Profile:
    """Change these values of a profile; running attempts follow it, and none becomes shorter.

    Raises ProfileNotFound, ProfileChangedMeanwhile if `is_as_seen`, called under the lock, returns False, and
    django.core.exceptions.ValidationError.
    """

    def store() -> Profile:
        profile = next(iter(locked_profiles([profile_id])), None)
        if profile is None:
            raise ProfileNotFound
        if not is_as_seen(profile):
            raise ProfileChangedMeanwhile
        before = plain(profile)
        apply_values(profile, values)
        save_changed([(profile, before)], by)
        return profile

    return transactions.run(store)


def end_profile(profile_id: int, by: User | None = None) -> Profile:
    """End the validity of a profile now; one that has ended stays as it is. Running attempts keep their time.

    Raises ProfileNotFound.
    """

    def store() -> Profile:
        profile = next(iter(locked_profiles([profile_id])), None)
        if profile is None:
            raise ProfileNotFound
        now = timezone.now()
        if profile.valid_until is None or profile.valid_until > now:
            before = plain(profile)
            profile.valid_until = now
            if profile.valid_from is not None and profile.valid_from > now:
                profile.valid_from = now
            save_changed([(profile, before)], by)
        return profile

    return transactions.run(store)


def locked_profiles(ids: Collection[int]) -> list[Profile]:
    """Return the profiles locked and ordered by id."""
    rows = Profile.objects.filter(pk__in=ids).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return list(rows)


def apply_values(profile: Profile, values: ProfileValues) -> None:
    """Set these values. Raises django.core.exceptions.ValidationError if the profile is not valid with them."""
    for name, value in values.items():
        setattr(profile, name, value)
    cleaned(profile)


def save_changed(changes: Iterable[tuple[Profile, JSONObject]], by: User | None) -> int:
    """Save the profiles that differ from what they were; return how many. The caller has locked them."""
    differing = [(profile, before) for profile, before in changes if plain(profile) != before]
    now = timezone.now()
    for profile, _ in differing:
        profile.modified = now
    fields = [field.name for field in Profile._meta.concrete_fields if not field.primary_key]
    Profile.objects.bulk_update([profile for profile, _ in differing], fields)
    recorded(differing, by)
    return len(differing)


def recorded(changes: Iterable[tuple[Profile, JSONObject | None]], by: User | None) -> None:
    """Record the changes of profiles that were just stored, and have running attempts follow them."""
    changes = list(changes)
    ProfileChange.objects.bulk_create(_record(profile, before, by) for profile, before in changes)
    follow([profile for profile, _ in changes])


def _record(profile: Profile, before: JSONObject | None, by: User | None) -> ProfileChange:
    return ProfileChange(
        profile_id=profile.pk,
        user_id=profile.user_id,
        by_id=getattr(by, "pk", None),
        action=ProfileChange.CREATED if before is None else ProfileChange.CHANGED,
        values=changes_of(profile, before),
    )


def changes_of(profile: Profile, before: JSONObject | None) -> JSONObject:
    """Return the value before and after by field, of all fields if the profile is new."""
    return {
        name: [(before or {}).get(name), value]
        for name, value in plain(profile).items()
        if before is None or before.get(name) != value
    }


def follow(profiles: Collection[Profile]) -> int:
    """Recalculate the running attempts within the scopes after the commit; return how many there are.

    One query, and one for the messages if any attempt runs.
    """
    scopes: dict[int, list[Profile]] = {}
    for profile in profiles:
        scopes.setdefault(profile.user_id, []).append(profile)
    running = ProctoredExamStudentAttempt.objects.active().filter(user_id__in=list(scopes))
    found = running.values_list("user_id", "proctored_exam_id", "proctored_exam__course_id")
    concerned = {
        (exam_id, user_id)
        for user_id, exam_id, course_id in found
        if any(profile.covers(course_id) for profile in scopes[user_id])
    }
    if not concerned:
        return 0
    exam_ids, user_ids = ({pair[index] for pair in concerned} for index in (0, 1))
    return lifecycle.follow_changes(exam_ids, user_ids)


def plain(profile: Profile) -> JSONObject:
    """Return the values of a profile as they are recorded and exported, without its learner."""
    values = model_to_dict(profile, exclude=["id", "user"])
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: object) -> JSON:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime.datetime):  # the database returns UTC, and requests any time zone
        return value.astimezone(datetime.UTC).isoformat()
    return str(value)
