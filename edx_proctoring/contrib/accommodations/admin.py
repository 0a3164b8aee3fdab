"""Profiles in Django admin, for operators: every change is recorded, and running attempts follow it."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest

from edx_proctoring.admin.lookups import RefuseNulMixin
from edx_proctoring.contrib.accommodations import api
from edx_proctoring.contrib.accommodations.models import Profile, ProfileChange, digest_of
from edx_proctoring.contrib.accommodations.values import FIELDS, cleaned


class ProfileForm(ModelForm):  # type: ignore[type-arg]  # not generic at runtime
    """Checks what belongs together; the learner and the scope of a stored profile cannot be changed."""

    class Meta:
        model = Profile
        fields = ("user", "scope", "scope_id", *FIELDS)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's own, which its stubs leave out
        if self.errors:
            return
        profile = self.instance
        profile.scope_digest = digest_of(profile.scope, profile.scope_id)
        try:
            cleaned(profile)
            profile.validate_constraints()
        except ValidationError as error:
            self.add_error(None, error) if not hasattr(error, "error_dict") else self._add(error)

    def _add(self, error: ValidationError) -> None:
        shown = {name: one for name, one in error.error_dict.items() if name in self.fields}
        self.add_error(None, ValidationError(shown or error.messages))


@admin.register(Profile)
class ProfileAdmin(RefuseNulMixin):
    """Profiles are ended, not deleted: set the end of their validity."""

    form = ProfileForm
    list_display = ("user", "scope", "scope_id", "factor", "minutes", "break_count", "valid_until")
    list_filter = ("scope", "camera_exempt", "beyond_due_date")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email", "scope_id")
    raw_id_fields = ("user",)
    ordering = ("-id",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Profile | None = None
    ) -> tuple[str, ...]:
        return ("user", "scope", "scope_id") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Profile | None = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Profile, form: ProfileForm, change: bool
    ) -> None:
        """Store by the functions of the API."""
        values = api.ProfileValues(**{name: getattr(obj, name) for name in FIELDS})  # type: ignore[typeddict-item]  # its columns
        by = api.signed_in(request.user)
        if change:
            api.change_profile(obj.pk, values, by)
            return
        scope = api.Scope(obj.scope, obj.scope_id)
        obj.pk = api.create_profile(obj.user_id, scope, values, by).pk


@admin.register(ProfileChange)
class ProfileChangeAdmin(RefuseNulMixin):
    """The record of changes, to read."""

    list_display = ("at", "action", "profile_id", "user", "by")
    list_filter = ("action",)
    list_select_related = ("user", "by")
    search_fields = ("user__username", "by__username")
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ProfileChange | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ProfileChange | None = None) -> bool:
        return False
