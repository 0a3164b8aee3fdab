"""Rules about who may review attempts."""

import rules

from edx_proctoring import conf
from edx_proctoring.types import AttemptDict, User


def is_in_review_group(user: User, backend: str | None) -> bool:
    """Return whether the user is in the review group of this provider; None is the default provider."""
    name = f"{backend or conf.default_provider()}_review"
    # Compared again in Python, because databases may ignore case.
    return name in user.groups.filter(name=name).values_list("name", flat=True)


@rules.predicate
def is_in_reviewer_group(user: User, attempt: AttemptDict | None) -> bool:
    """Return whether the user is in the review group of the provider of the attempt's exam."""
    if not attempt:
        return False
    return is_in_review_group(user, attempt["proctored_exam"]["backend"])


rules.add_perm("edx_proctoring.can_review_attempt", rules.is_staff | is_in_reviewer_group)
