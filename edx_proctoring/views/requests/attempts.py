"""Requests of learners and staff about attempts."""

from rest_framework.request import Request

from edx_proctoring import api
from edx_proctoring.views.bodies import body
from edx_proctoring.views.requests.base import BodySerializer, QuerySerializer
from edx_proctoring.views.requests.fields import (
    ActionField,
    CutTextField,
    FlagField,
    IdField,
    OptionalIdField,
    OptionalTextField,
    PlainTextField,
    SwitchField,
    TrueField,
)
from edx_proctoring.views.requests.lists import ListQuery

READY_TO_RESUME = "mark_ready_to_resume"
LONGEST_DETAIL = 500
ACTIONS = (
    "start",
    "stop",
    "submit",
    "decline",
    "error",
    "click_download_software",
    "reset_attempt",
    READY_TO_RESUME,
    "ping",
)


def learning_mfe_field() -> SwitchField:
    """Return a field that tells whether links in the response lead to the learning micro-frontend."""
    return SwitchField(
        ("true", "True", "1"), help_text="Links lead to the learning micro-frontend."
    )


class AttemptListQuery(ListQuery):
    """Filter and page of the list."""

    orderings = api.ATTEMPT_ORDERINGS


class NewAttemptSerializer(BodySerializer):
    """Without `attempt_proctored`, a proctored exam is declined."""

    exam_id = IdField()
    attempt_proctored = FlagField()
    start_clock = FlagField()


class ActionSerializer(BodySerializer):
    """`user_id` names the learner and is only for staff who permit resuming."""

    action = ActionField(ACTIONS)
    detail = CutTextField(LONGEST_DETAIL)
    user_id = OptionalIdField()

    @property
    def resumes(self) -> bool:
        """Return whether this permits a learner to resume; called before validation."""
        return bool(self.initial_data.get("action") == READY_TO_RESUME)

    @property
    def acts_for_another(self) -> bool:
        """Return whether this is for a learner other than the caller; called before validation."""
        return self.resumes or bool(self.initial_data.get("user_id"))


class RemovalQuery(QuerySerializer):
    """Options for removing attempts."""

    keep_at_provider = TrueField(
        help_text="`true`: if the provider cannot remove attempts, remove the attempt from the LMS only."
    )


class LearnerQuery(QuerySerializer):
    """The learner whose attempt is requested."""

    user_id = IdField(default=None, help_text="Another learner, for global staff.")

    @property
    def names_learner(self) -> bool:
        """Return whether a learner is named; called before validation."""
        return "user_id" in self.initial_data


class ExamPageQuery(LearnerQuery):
    """The learner and exam requested, and where links in the response lead."""

    content_id = PlainTextField(help_text="The subsection's usage key.")
    is_learning_mfe = learning_mfe_field()


class RunningExamsQuery(QuerySerializer):
    """The learner whose exams are requested. The parameters may also be in the body; the query takes precedence."""

    course_id = OptionalTextField(help_text="Only exams of this course.")
    user_id = OptionalIdField(help_text="Another learner, for staff.")

    @classmethod
    def sent(cls, request: Request) -> object:
        return {**body(request), **request.GET.dict()}
