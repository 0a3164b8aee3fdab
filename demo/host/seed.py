"""Creates users, a course, and an OAuth2 client for the simulator. Repeating it changes nothing."""

from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from oauth2_provider.models import get_application_model

from demo.host.models import Certificate, Enrollment, Grade
from edx_proctoring.contrib.accommodations import api as accommodations

COURSE_ID = "course-v1:Demo+Proctoring+2026"
PASSWORD = "demo"
CLIENT_ID, CLIENT_SECRET = "simulator-lms", "simulator-lms-secret"


def content_id(name: str) -> str:
    """Return the usage key of a subsection."""
    return f"block-v1:Demo+Proctoring+2026+type@sequential+block@{name}"


EXAMS: tuple[dict[str, Any], ...] = (
    {
        "content_id": content_id("timed"),
        "exam_name": "Quiz with a time limit",
        "time_limit_mins": 20,
    },
    {
        "content_id": content_id("practice"),
        "exam_name": "Practice exam",
        "time_limit_mins": 15,
        "is_proctored": True,
        "is_practice_exam": True,
    },
    {
        "content_id": content_id("midterm"),
        "exam_name": "Midterm exam",
        "time_limit_mins": 60,
        "is_proctored": True,
    },
    {
        "content_id": content_id("final"),
        "exam_name": "Final exam",
        "time_limit_mins": 90,
        "is_proctored": True,
        "backend": "software_secure",
    },
)

# username, name, mode (None: not enrolled), course staff, global staff
PEOPLE = (
    ("alex", "Alex Learner", "verified", False, False),
    ("sam", "Sam Learner", "verified", False, False),
    ("jo", "Jo Learner", "verified", False, False),  # for visitors: the walks delete her data
    ("lee", "Lee Learner", "verified", False, False),
    ("kim", "Kim Auditor", "audit", False, False),
    ("casey", "Casey Courseteam", "verified", True, False),
    ("avery", "Avery Author", None, False, True),
    ("robin", "Robin Reviewer", None, False, True),
)

# The purpose of each account, printed for visitors.
PURPOSES = {
    "jo": "a learner who has not taken any exam: take one, and play scenarios",
    "alex": "a learner whose exam was verified",
    "sam": "a learner whose exam was rejected",
    "lee": "a learner with extra time, after a break and an outage",
    "kim": "a learner who may not take proctored exams",
    "casey": "course staff: watch and help learners on the page Special exams",
    "avery": "global staff: set exams up in Studio, see e-mails and what the host was told",
    "robin": "global staff: decide about reviews in Django admin",
}


def seed() -> None:
    """Create everything."""
    password = make_password(PASSWORD)  # a hash takes a third of a second, and all have the same
    for username, name, mode, is_course_staff, is_global_staff in PEOPLE:
        _person(username, name, password, mode, is_course_staff, is_global_staff)
    _profile("jo")
    client, _created = get_user_model()._default_manager.get_or_create(
        username="simulator", defaults={"email": "simulator@demo.example.com"}
    )
    client.groups.add(Group.objects.get_or_create(name="simulator_review")[0])
    applications = get_application_model().objects
    if not applications.filter(client_id=CLIENT_ID).exists():
        applications.create(
            name="Proctoring simulator",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            client_type="confidential",
            authorization_grant_type="client-credentials",
            user=client,
        )


def _profile(username: str) -> None:
    """Grant a quarter more time and two breaks in all exams of the course."""
    user_id = get_user_model()._default_manager.get(username=username).pk
    if not accommodations.find_profiles(COURSE_ID).filter(user_id=user_id).exists():
        granted = accommodations.ProfileValues(
            factor=Decimal("1.25"), break_count=2, break_minutes=5
        )
        scope = accommodations.Scope("course", COURSE_ID)
        accommodations.create_profile(user_id, scope, granted)


def _person(
    username: str,
    name: str,
    password: str,
    mode: str | None,
    is_course_staff: bool,
    is_global_staff: bool,
) -> None:
    first, last = name.split()
    user, _created = get_user_model()._default_manager.get_or_create(
        username=username,
        defaults={
            "email": f"{username}@demo.example.com",
            "first_name": first,
            "last_name": last,
            "is_staff": is_global_staff,
            "is_superuser": is_global_staff,
            "password": password,
        },
    )
    if mode is None:
        return
    Enrollment.objects.get_or_create(
        user=user, course_id=COURSE_ID, defaults={"mode": mode, "is_staff": is_course_staff}
    )
    Certificate.objects.get_or_create(user_id=user.pk, course_id=COURSE_ID)
    Grade.objects.get_or_create(
        user_id=user.pk,
        course_id=COURSE_ID,
        content_id=content_id("midterm"),
        defaults={"earned": 8},
    )
