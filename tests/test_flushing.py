"""Tests start with a database that contains only what the migrations created."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from edx_proctoring.testing.factories import AllowanceFactory, AttemptFactory, ReviewPolicyFactory
from tests import flushing

pytestmark = pytest.mark.django_db


def rows() -> dict[str, int]:
    """Return the number of rows of each table."""
    models = apps.get_models(include_auto_created=True)
    counts = {model._meta.db_table: model._base_manager.count() for model in models}
    return {table: count for table, count in counts.items() if count}


def test_only_what_migrations_made_stays() -> None:
    before = rows()
    assert set(before) <= flushing.STAYS
    assert {"django_content_type", "auth_permission"} <= set(before)
    attempt = AttemptFactory()
    AllowanceFactory(user=attempt.user, proctored_exam=attempt.proctored_exam)
    ReviewPolicyFactory(proctored_exam=attempt.proctored_exam)
    group = Group.objects.create(name="reviewers")
    group.permissions.set(Permission.objects.all()[:3])
    attempt.user.groups.add(group)
    assert len(rows()) > len(before) + 6
    flushing.empty("default")
    assert rows() == before
