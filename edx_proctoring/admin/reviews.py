"""Reviews in Django admin. Saving one decides it."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from edx_proctoring.admin.filters import (
    ProctoredExamCoursesListFilter,
    ProctoredExamListFilter,
    ReviewListFilter,
    ReviewStatusFilter,
)
from edx_proctoring.admin.labels import label
from edx_proctoring.admin.lookups import RefuseNulMixin
from edx_proctoring.admin.mixins import FailureMessageMixin
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.late_imports import late_module
from edx_proctoring.models import (
    NOTE,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
    exactly,
)
from edx_proctoring.statuses import SoftwareSecureReviewStatus

if TYPE_CHECKING:
    from edx_proctoring import api
    from edx_proctoring.api import users
else:  # imported when used: see `late_imports`
    api = late_module("edx_proctoring.api")
    users = late_module("edx_proctoring.api.users")

REVIEW_CHOICES = [(word, word) for word in SoftwareSecureReviewStatus.from_standard_status.values()]

SHOWN = _("The learner sees it.")
DECISIONS = {"_approve": "Clean", "_reject": "Suspicious"}  # the status by the name of the button


class ProctoredExamSoftwareSecureReviewForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at runtime
    """The form for a decision by staff."""

    class Meta:
        model = ProctoredExamSoftwareSecureReview
        fields = ("review_status",)

    review_status = forms.ChoiceField(choices=REVIEW_CHOICES)
    note = forms.CharField(
        label=_("Reviewer Notes"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "For staff only: the note is stored with its author and not shown to learners."
        ),
    )

    def __init__(self, data: QueryDict | None = None, *args: Any, **kwargs: Any) -> None:
        """The buttons to approve and reject choose the status."""
        pressed = [name for name in DECISIONS if data and name in data]
        if data and pressed:
            data = data.copy()
            data["review_status"] = DECISIONS[pressed[0]]
        super().__init__(data, *args, **kwargs)


def _from_attempt(column: str) -> Coalesce:
    """Return a column of the attempt with the review's code, from its last history row if it was removed."""
    code = exactly(attempt_code=OuterRef("attempt_code"))
    living = ProctoredExamStudentAttempt.objects.filter(code).values(column)[:1]
    past = ProctoredExamStudentAttempt.history.filter(code).order_by("-history_id")
    return Coalesce(Subquery(living), Subquery(past.values(column)[:1]))


def _span(comment: ProctoredExamSoftwareSecureComment) -> str:
    """Return the seconds, from and to; a provider that names no end sends 0."""
    begin, end = comment.start_time, comment.stop_time
    return f"{begin}–{end}" if end > begin else str(begin)


def _evidence_of(comment: ProctoredExamSoftwareSecureComment) -> tuple[object, ...]:
    shown = SHOWN if hasattr(comment, "release") else ""
    return _span(comment), comment.comment, comment.status, shown


class _Reviews(RefuseNulMixin):
    list_display = (
        "course_id_for_review",
        "exam_name_for_review",
        "student_username_for_review",
        "review_status",
        "reviewed_by",
        "modified",
        "is_attempt_active",
        "attempt_code",  # long, so that what staff look for stands before it
    )
    list_filter = (
        ReviewListFilter,
        ProctoredExamListFilter,
        ProctoredExamCoursesListFilter,
        ReviewStatusFilter,
    )
    show_full_result_count = False
    list_select_related = ("exam", "student", "reviewed_by")
    ordering = ("-modified",)
    search_fields = ("student__username", "attempt_code")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Annotate course, exam and learner of the attempt, for reviews that have lost theirs."""
        return (
            super()
            .get_queryset(request)
            .annotate(
                known_course=_from_attempt("proctored_exam__course_id"),
                known_exam=_from_attempt("proctored_exam__exam_name"),
                known_learner=_from_attempt("user__username"),
            )
        )

    @admin.display(description=_("course id"))
    def course_id_for_review(self, review: Any) -> str:
        return (review.exam.course_id if review.exam else review.known_course) or "(none)"

    @admin.display(description=_("exam name"))
    def exam_name_for_review(self, review: Any) -> str:
        return (review.exam.exam_name if review.exam else review.known_exam) or "(none)"

    @admin.display(description=_("learner"))
    def student_username_for_review(self, review: Any) -> str:
        return (review.student.username if review.student else review.known_learner) or "(None)"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Reviews come from providers only."""
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow filtering by course in the URL."""
        return lookup == "exam__course_id" or super().lookup_allowed(
            lookup,
            value,
            request,  # type: ignore[arg-type]  # Django, too, lets it be absent
        )


@admin.register(ProctoredExamSoftwareSecureReview)
class ProctoredExamSoftwareSecureReviewAdmin(FailureMessageMixin, _Reviews):
    """Reviews. Saving a review here is the decision by staff: it moves the attempt, and later deliveries do not change
    it.
    """

    change_form_template = "admin/edx_proctoring/review.html"
    form = ProctoredExamSoftwareSecureReviewForm
    readonly_fields = (
        "attempt",
        "attempt_code",
        "is_attempt_active",
        "exam",
        "student",
        "reviewed_by",
        "modified",
        "evidence",
        "raw_data",
        "notes",
    )

    def attempt(self, review: ProctoredExamSoftwareSecureReview) -> str:
        """Link to the attempt with its timeline, unless it was removed."""
        code = exactly(attempt_code=review.attempt_code)
        known = ProctoredExamStudentAttempt.objects.filter(code).first()
        if known is None:
            return "–"
        url = reverse("admin:edx_proctoring_proctoredexamstudentattempt_change", args=[known.pk])
        return format_html('<a href="{}">{}: {}</a>', url, known.pk, label(known.status))

    def evidence(self, review: ProctoredExamSoftwareSecureReview) -> str:
        """The reviewer's comments, in the order of the session, and a link to where they are released."""
        rows = review.proctoredexamsoftwaresecurecomment_set.order_by("start_time", "id")
        rows = rows.select_related("release")
        lines = [_evidence_of(one) for one in rows]
        if not lines:
            return "–"
        text = format_html_join(mark_safe("<br>"), "{} s: {} ({}) {}", lines)  # a literal
        url = reverse("admin:edx_proctoring_proctoredexamsoftwaresecurecomment_changelist")
        link = '{}<br><a href="{}?review__id__exact={}">{}</a>'
        return format_html(link, text, url, review.pk, _("Choose which ones the learner sees"))

    @admin.display(description=_("earlier notes"))
    def notes(self, review: ProctoredExamSoftwareSecureReview) -> str:
        """Notes of staff, newest first."""
        entries = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(review),
            object_id=str(review.pk),
            change_message__startswith=NOTE,
        )
        line = "{} {}: {}"
        rows = [
            (date_format(timezone.localtime(entry.action_time), "SHORT_DATETIME_FORMAT"),
             entry.user.get_username(), entry.change_message.removeprefix(NOTE))
            for entry in entries.select_related("user").order_by("-action_time")
        ]  # fmt: skip
        return format_html_join(mark_safe("<br>"), line, rows) or "–"  # a literal

    def construct_change_message(
        self, request: HttpRequest, form: forms.Form, formsets: Any, add: bool = False
    ) -> Any:
        """Add the note to Django's log of changes; the provider's payload stays unchanged."""
        note = form.cleaned_data.get("note", "").strip()
        usual = super().construct_change_message(request, form, formsets, add)
        return f"{NOTE}{note}" if note else usual

    def save_model(
        self,
        request: HttpRequest,
        obj: ProctoredExamSoftwareSecureReview,
        form: forms.Form,
        change: bool,
    ) -> None:
        """Apply the decision. If that fails, show the error on the page and store nothing."""
        try:
            decided = api.decide_review(
                obj.pk, form.cleaned_data["review_status"], users.signed_in(request.user)
            )
        except ProctoredBaseException as error:
            self.failed(request, error)
        else:
            obj.refresh_from_db()
            obj.reviewed_by = decided.reviewed_by


@admin.register(ProctoredExamSoftwareSecureReviewHistory)
class ProctoredExamSoftwareSecureReviewHistoryAdmin(_Reviews):
    """Former versions of reviews, read-only."""

    readonly_fields = (
        "review_status",
        "raw_data",
        "attempt_code",
        "is_attempt_active",
        "exam",
        "student",
        "reviewed_by",
        "modified",
    )

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Former versions cannot be changed."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Users who may change reviews may see their former versions."""
        may_change = request.user.has_perm(
            "edx_proctoring.change_proctoredexamsoftwaresecurereviewhistory"
        )
        return may_change or super().has_view_permission(request, obj)
