"""Searches for learners by words of their usernames and e-mail addresses, among those with attempts."""

import re
from collections.abc import Sequence

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Coalesce, Collate, Lower, Upper

from edx_proctoring.api.course_members import first_learners_among
from edx_proctoring.models.attempts import AttemptQuerySet
from edx_proctoring.types import User

FEW = 500  # learners


def few_learners(exam_ids: Sequence[int], words: Sequence[str]) -> list[int] | None:
    """Return the learners with attempts in these exams in whose username or e-mail address each word occurs; None if they
    are more than FEW.
    """
    users: QuerySet[User] = get_user_model()._default_manager.all()
    if connection.vendor == "postgresql" and _is_unicode():
        # This one comes first: databases check conditions of equal cost in the order of the query.
        users = _perhaps_with(users, words)
    users = users.filter(_has(words))
    found = first_learners_among(users, exam_ids, FEW + 1)
    return found if len(found) <= FEW else None


def _is_unicode() -> bool:
    """Return whether the PostgreSQL database stores all letters; it refuses statements with others."""
    connection.ensure_connection()
    return bool(connection.connection.info.parameter_status("server_encoding") == "UTF8")


def _perhaps_with(users: "QuerySet[User]", words: Sequence[str]) -> "QuerySet[User]":
    """Return all users in whom each word may occur, found in half the time.

    PostgreSQL compares in upper case, and takes long to convert text in the database's language. Converting ASCII letters
    alone gives the same letters, but for two that become I and S, and for the Turkish i. Where ICU converts, a letter may
    become several, such as the ligature of f and l, and so only the comparison that follows is right.
    """
    parts = [max(re.split("[is]", word.lower()), key=len) for word in words if word.isascii()]
    username = Lower(Collate("username", "C"))
    email = Lower(Collate("email", "C"))
    users = users.alias(plain_username=username, plain_email=email)
    # These are constants of the column's collation, which PostgreSQL computes before it looks at any row.
    first = Upper(Coalesce(Value("ß"), "username", output_field=TextField()))
    other = Upper(Coalesce(Value("ß"), "email", output_field=TextField()))
    users = users.alias(first=first, other=other)
    expands = Q(first="SS") | Q(other="SS")
    for part in filter(None, parts):
        plain = Q(plain_username__contains=part) | Q(plain_email__contains=part)
        users = users.filter(plain | expands)
    return users


def of_many_learners(rows: AttemptQuerySet, words: Sequence[str]) -> AttemptQuerySet:
    """Return the attempts of matching learners, who are so many that it is best to look at the attempts in their order.

    Databases turn a join or EXISTS into a search for all learners first; a value of each row they only compute.
    """
    # PostgreSQL expects most rows to have a value. Expecting few, it would prepare for a long search, for a fifth of a
    # second (JIT), and not begin with the first rows.
    match = Case(When(_has(words), then=Value(1)))
    learner = get_user_model()._default_manager.filter(pk=OuterRef("user_id")).annotate(match=match)
    found = Subquery(learner.order_by().values("match"))
    return rows.alias(match=found).filter(match__isnull=False)


def _has(words: Sequence[str]) -> Q:
    conditions = Q()
    for word in words:
        conditions &= Q(username__icontains=word) | Q(email__icontains=word)
    return conditions
