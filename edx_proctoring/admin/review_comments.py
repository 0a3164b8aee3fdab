"""Comments of reviews in Django admin: staff release single ones to the learner."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from edx_proctoring.admin.lookups import RefuseNulMixin
from edx_proctoring.late_imports import late_module
from edx_proctoring.models import ProctoredExamSoftwareSecureComment

if TYPE_CHECKING:
    from edx_proctoring import api
    from edx_proctoring.api import users
    from edx_proctoring.types import User
else:  # imported when used: see `late_imports`
    api = late_module("edx_proctoring.api")
    users = late_module("edx_proctoring.api.users")

Comment = ProctoredExamSoftwareSecureComment
OWN_PAGES = "edx_proctoring_proctoredexamsoftwaresecurecomment_"


@admin.register(Comment)
class ReviewCommentAdmin(RefuseNulMixin):
    """Comments, of which only the release can be changed; learners see released ones if the session did not pass."""

    actions = ("release", "withhold")
    list_display = (
        "comment",
        "learner",
        "exam",
        "start_time",
        "status",
        "released_at",
        "released_by",
    )
    list_filter = (("release", admin.EmptyFieldListFilter),)
    list_select_related = ("review__student", "review__exam", "release__released_by")
    ordering = ("-review_id", "start_time", "id")
    search_fields = ("review__student__username", "review__attempt_code")
    show_full_result_count = False

    @admin.display(description=_("learner"))
    def learner(self, comment: Comment) -> str:
        """The learner's username."""
        return comment.review.student.username if comment.review.student else "–"

    @admin.display(description=_("exam name"))
    def exam(self, comment: Comment) -> str:
        """The exam's name."""
        return comment.review.exam.exam_name if comment.review.exam else "–"

    @admin.display(description=_("released at"))
    def released_at(self, comment: Comment) -> datetime | None:
        """The time from which the learner sees it."""
        return comment.release.released_at if hasattr(comment, "release") else None

    @admin.display(description=_("released by"))
    def released_by(self, comment: Comment) -> "User | None":
        """Return the user who released it."""
        return comment.release.released_by if hasattr(comment, "release") else None

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow the list of one review, to which the review's page links."""
        return lookup == "review__id__exact" or super().lookup_allowed(
            lookup,
            value,
            request,  # type: ignore[arg-type]  # Django, too, lets it be absent
        )

    def has_release_permission(self, request: HttpRequest) -> bool:
        """Users with the change permission may release comments."""
        return request.user.has_perm("edx_proctoring.change_proctoredexamsoftwaresecurecomment")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Users who may release comments may also see them."""
        return super().has_view_permission(request, obj) or self.has_release_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Comments come from providers only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Comments stay as the provider wrote them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Comments stay as long as their review: Django asks for them, too, where a review or an exam is deleted."""
        page = request.resolver_match.url_name if request.resolver_match else None
        return obj is not None and page is not None and not page.startswith(OWN_PAGES)

    @admin.action(description=_("Show to the learner"), permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Release the selected comments."""
        fresh = list(queryset.filter(release=None))
        count = api.release_comments([one.pk for one in fresh], users.signed_in(request.user))
        for comment in fresh:
            self.log_change(request, comment, "Released.")
        self.message_user(
            request, _("Comments shown to their learners: {count}").format(count=count)
        )

    @admin.action(description=_("Hide from the learner"), permissions=["release"])
    def withhold(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Withhold the selected comments."""
        shown = list(queryset.exclude(release=None))
        count = api.withhold_comments([one.pk for one in shown])
        for comment in shown:
            self.log_change(request, comment, "Withheld.")
        self.message_user(
            request, _("Comments hidden from their learners: {count}").format(count=count)
        )
