"""The functions of accommodations, for other Django code and for the views. They do not check permissions.

`Profile` and `Scope` describe a profile; `create_profile`, `change_profile` and `end_profile` write one, `preview_of` shows
what a profile would change.
"""

from django.db.models import QuerySet

from edx_proctoring.api.course_members import is_stranger
from edx_proctoring.api.users import signed_in
from edx_proctoring.contrib.accommodations.effective import profile_for
from edx_proctoring.contrib.accommodations.models import COURSE, Profile, ProfileChange
from edx_proctoring.contrib.accommodations.preview import PreviewRow, preview_of
from edx_proctoring.contrib.accommodations.profiles import (
    ProfileAlreadyExists,
    ProfileChangedMeanwhile,
    ProfileNotFound,
    Scope,
    apply_values,
    change_profile,
    create_profile,
    end_profile,
    new_profile,
)
from edx_proctoring.contrib.accommodations.values import ProfileValues
from edx_proctoring.exceptions import UserNotFoundException
from edx_proctoring.models.allowances import find_user_id

__all__ = [
    "PreviewRow",
    "Profile",
    "ProfileAlreadyExists",
    "ProfileChangedMeanwhile",
    "ProfileNotFound",
    "ProfileValues",
    "Scope",
    "apply_values",
    "change_profile",
    "create_profile",
    "end_profile",
    "find_learner_id",
    "find_profiles",
    "history_of",
    "new_profile",
    "preview_of",
    "profile_for",
    "signed_in",
]


def find_profiles(course_id: str, *, all_scopes: bool = False) -> QuerySet[Profile]:
    """Return the profiles of the course, with `all_scopes` also those of its organisation and of the site; with learners,
    ordered by id.
    """
    found = Profile.objects.in_scope(COURSE, course_id)
    if all_scopes:
        for kind in ("organisation", "site"):
            scope = Scope.around(course_id, kind)
            found |= Profile.objects.in_scope(scope.kind, scope.id)
    return found.select_related("user").order_by("id")


def history_of(profile: Profile) -> QuerySet[ProfileChange]:
    """Return the record of the profile's changes with their authors, newest first."""
    changes = ProfileChange.objects.filter(profile_id=profile.pk, user_id=profile.user_id)
    return changes.select_related("by").order_by("-id")


def find_learner_id(name: str, course_id: str | None) -> int:
    """Return the id of the user with this username or e-mail address.

    `course_id`: only learners of this course, as far as the host can tell. Raises UserNotFoundException.
    """
    user_id = find_user_id(name)
    if course_id is not None and is_stranger(course_id, user_id):
        raise UserNotFoundException(f"Cannot find user against {name}")  # as if there were none
    return user_id
