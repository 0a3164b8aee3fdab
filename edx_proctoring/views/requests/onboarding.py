"""Requests for onboarding statuses."""

from rest_framework.exceptions import ParseError

from edx_proctoring.statuses import InstructorDashboardOnboardingAttemptStatus
from edx_proctoring.views.requests.attempts import learning_mfe_field
from edx_proctoring.views.requests.base import QuerySerializer
from edx_proctoring.views.requests.fields import PageField, PlainTextField, WordsField
from edx_proctoring.views.requests.lists import PAGE

WORDS = sorted(
    value
    for name, value in vars(InstructorDashboardOnboardingAttemptStatus).items()
    if isinstance(value, str) and not name.startswith("_")
)


class OnboardingStatusQuery(QuerySerializer):
    """The learner and the course."""

    course_id = PlainTextField(required=True)
    username = PlainTextField(help_text="Another learner, for staff of the course.")
    is_learning_mfe = learning_mfe_field()

    def refusal(self) -> Exception:
        """Return the published text; nothing else can be invalid."""
        return ParseError("Missing required query parameter course_id")


class OnboardingListQuery(QuerySerializer):
    """Filters of the learners of a course."""

    page = PageField(required=False, help_text=PAGE)
    text_search = PlainTextField(help_text="Part of a name or an e-mail address.")
    statuses = WordsField(help_text=f"Comma-separated: {', '.join(WORDS)}.")
