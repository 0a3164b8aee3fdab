"""Requests of learners and staff about attempts."""

from typing import Any

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
    """Do links of the answer lead to the learning micro-frontend?"""
    return SwitchField(
        ("true", "True", "1"), help_text="Links lead to the learning micro-frontend."
    )


class AttemptListQuery(ListQuery):
    """Which attempts."""

    orderings = api.ATTEMPT_ORDERINGS


class NewAttemptSerializer(BodySerializer):
    """Without `attempt_proctored` a proctored exam is declined."""

    exam_id = IdField()
    attempt_proctored = FlagField()
    start_clock = FlagField()


class ActionSerializer(BodySerializer):
    """`user_id`, the learner's, is for staff who let a learner resume."""

    action = ActionField(ACTIONS)
    detail = CutTextField(LONGEST_DETAIL)
    user_id = OptionalIdField()

    @property
    def resumes(self) -> bool:
        """Is the learner to be let resume? Asked before anything is validated."""
        return bool(self.initial_data.get("action") == READY_TO_RESUME)

    @property
    def acts_for_another(self) -> bool:
        """Is this for a learner who is not the caller? Likewise."""
        return self.resumes or bool(self.initial_data.get("user_id"))


class RemovalQuery(QuerySerializer):
    """How attempts are removed."""

    keep_at_provider = TrueField(
        help_text="`true`: if the provider has no way to remove attempts, remove here alone."
    )


class LearnerQuery(QuerySerializer):
    """Whose attempt is shown."""

    user_id = IdField(default=None, help_text="Another learner, for global staff.")

    @property
    def names_learner(self) -> bool:
        """Does it name one? Asked before it is validated."""
        return "user_id" in self.initial_data


class ExamPageQuery(LearnerQuery):
    """Whose attempt in which exam is shown, and where its links lead."""

    content_id = PlainTextField(help_text="The subsection's usage key.")
    is_learning_mfe = learning_mfe_field()


class RunningExamsQuery(QuerySerializer):
    """Whose running exams are shown. The same names are read from a body; those of the query count."""

    course_id = OptionalTextField(help_text="Only exams of this course.")
    user_id = OptionalIdField(help_text="Another learner, for staff.")

    @classmethod
    def sent(cls, request: Request) -> Any:
        return {**body(request), **request.GET.dict()}
