"""The hooks by which the core asks about accommodations."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from edx_proctoring import extensions
from edx_proctoring.api.student_view.context import ExamContext
from edx_proctoring.contrib.accommodations import breaks, import_jobs, urls
from edx_proctoring.contrib.accommodations.effective import (
    extra_time_of,
    extra_times,
    profile_for,
)
from edx_proctoring.contrib.accommodations.models import (
    ImportJob,
    Profile,
    ProfileChange,
)
from edx_proctoring.contrib.accommodations.profiles import plain
from edx_proctoring.extensions import Role, Routes
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.timing import ExtraTime
from edx_proctoring.types import ExamFacts, JSONObject, RegistrationContext

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

SCRIPT = "proctoring/js/accommodations.js"


class Accommodations(extensions.Extension):
    """Extra time and exemptions from profiles, and learners' own breaks."""

    name = "proctoring_accommodations"

    def time_for(self, exam: ExamFacts, user_id: int) -> ExtraTime:
        return extra_time_of(profile_for(exam["course_id"], user_id))

    def times_for(self, pairs: Sequence[tuple[ExamFacts, int]]) -> Sequence[ExtraTime]:
        return extra_times(pairs)

    def registration_context(self, exam: ExamFacts, user_id: int) -> RegistrationContext:
        profile = profile_for(exam["course_id"], user_id)
        if profile is None:
            return {}
        camera = _("The learner is exempt from the camera.") if profile.camera_exempt else ""
        context: RegistrationContext = {}
        if text := "\n".join(filter(None, (camera, profile.for_reviewers))):
            context["review_policy_exception"] = text
        if profile.camera_exempt:
            context["camera_exempt"] = True
        return context

    def screen_for(self, learner: ExamContext) -> str | None:
        return breaks.screen_for(learner)

    def poll_data(self, attempt: ProctoredExamStudentAttempt) -> JSONObject:
        return breaks.poll_data(attempt)

    def personal_data(self, user_id: int) -> Iterable[JSONObject]:
        for profile in Profile.objects.filter(user_id=user_id).order_by("id"):
            yield {"profile": profile.pk, **plain(profile)}
        changes = ProfileChange.objects.filter(Q(user_id=user_id) | Q(by_id=user_id))
        for change in changes.order_by("id"):
            own = change.values if change.user_id == user_id else {}
            at = change.at.isoformat()
            yield {"change": change.pk, "action": change.action, "at": at, "values": own}
        for job in ImportJob.objects.filter(by_id=user_id).order_by("id"):
            yield {"import": job.pk, "at": job.began_at.isoformat(), "rows": job.total}

    def retire(self, user_id: int) -> None:
        Profile.objects.filter(user_id=user_id).delete()
        ProfileChange.objects.filter(user_id=user_id).delete()
        ProfileChange.objects.filter(by_id=user_id).update(by=None)
        ImportJob.objects.filter(by_id=user_id).update(by=None)

    def message_kinds(self) -> Mapping[str, extensions.MessageHandler]:
        handler = extensions.MessageHandler(
            import_jobs.deliver, given_up=import_jobs.stop, forget=import_jobs.forget
        )
        return {import_jobs.KIND: handler}

    def urls(self) -> Routes:
        return Routes(v2=urls.urlpatterns)

    def staff_sections(
        self, course_id: str, user: "AbstractBaseUser"
    ) -> Iterable[extensions.StaffSection]:
        """Return the section that lists profiles beside allowances, in place of the core's."""
        element = "proctoring-all-accommodations"
        title = _("Accommodations")
        section = extensions.StaffSection(
            self.name, title, element, [SCRIPT], replaces="accommodations"
        )
        return [section]

    def roles(self) -> Mapping[str, Mapping[str, Role]]:
        return urls.ROLES
