"""Who may review attempts."""

from collections.abc import Mapping
from typing import Any

import rules

from edx_proctoring import conf


@rules.predicate
def is_in_reviewer_group(user: Any, attempt: Mapping[str, Any] | None) -> bool:
    """Is the user in the review group of the provider of the attempt's exam?"""
    if not attempt:
        return False
    backend = attempt["proctored_exam"]["backend"] or conf.host.PROCTORING_BACKENDS.get("DEFAULT")
    return bool(user.groups.filter(name=f"{backend}_review").exists())


rules.add_perm("edx_proctoring.can_review_attempt", rules.is_staff | is_in_reviewer_group)
