"""A course in which every request may find something, and somebody who may do everything."""

import datetime
from typing import Any

import rules
from django.apps import apps
from django.contrib.auth.models import Group
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication

from edx_proctoring.models import ProctoredExamStudentAttempt, ProctoringLearner
from edx_proctoring.statuses import KNOWN
from edx_proctoring.testing.factories import (
    COURSE_ID,
    AllowanceFactory,
    AttemptFactory,
    ExamFactory,
    UserFactory,
)

NO_TRACES = {ProctoringLearner}  # the rows that are locked
SIGNED_IN = {"Authorization": "JWT everybody"}


class ByHeader(BaseAuthentication):
    """Whoever sends the header is the user that it names."""

    def authenticate(self, request: Any) -> Any:
        name = request.headers.get("Authorization", "").removeprefix("JWT ")
        user = UserFactory._meta.model.objects.filter(username=name, is_active=True).first()
        return (user, None) if user else None


def create() -> Any:
    """The user: global staff, reviewer, retirement, and the learner of all attempts."""
    rules.set_perm("accounts.can_retire_user", rules.is_staff)
    user = UserFactory(username="everybody", is_staff=True)
    user.groups.add(Group.objects.create(name="test_review"))
    now = timezone.now()
    kinds: list[dict[str, Any]] = [
        {},
        {"is_proctored": False},
        {"is_practice_exam": True},
        {"backend": "gone"},
        {"due_date": now - datetime.timedelta(days=1)},
        {"is_active": False},
    ]
    statuses = ["created", "ready_to_start", "started", "error", "submitted", "onboarding_missing"]
    for number, (kind, status) in enumerate(zip(kinds, statuses, strict=True)):
        exam = ExamFactory(**{"content_id": f"content{number}", **kind})
        begun = {"started_at": now, "allowed_time_limit_mins": 90} if status == "started" else {}
        AttemptFactory(proctored_exam=exam, user=user, status=status, is_resumable=True, **begun)
        AllowanceFactory(proctored_exam=exam, user=user)
    return user


def state() -> dict[str, Any]:
    """Every row of the app; two that are equal mean that nothing was written."""
    return {
        model.__name__: sorted(model._default_manager.values_list(), key=repr)
        for model in apps.get_app_config("edx_proctoring").get_models()
        if model not in NO_TRACES
    }


def check() -> None:
    """What holds whatever is asked."""
    statuses = set(ProctoredExamStudentAttempt.objects.values_list("status", flat=True))
    assert statuses <= KNOWN, statuses - KNOWN


__all__ = ["COURSE_ID", "SIGNED_IN", "ByHeader", "check", "create", "state"]
