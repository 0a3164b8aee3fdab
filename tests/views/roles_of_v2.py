"""The rows of the second version and of pages in the tables of test_roles.py."""

from typing import Any

from edx_proctoring.models import (
    BulkAction,
    BulkTimeChange,
    ProctoredExamSoftwareSecureReview,
)

V2_ROUTES = """\
get    v2/courses/{course}/exams/            -              403  403  403  403  200  403  200  403  403  403
get    v2/courses/{course}/exams/{exam}/     -              403  403  403  403  200  403  200  403  403  403
patch  v2/courses/{course}/exams/{exam}/     rename         403  403  403  403  200  403  200  403  403  403
get    v2/courses/{course}/exams/{exam}/review-policy/ -    403  403  403  403  200  403  200  403  403  403
patch  v2/courses/{course}/exams/{exam}/review-policy/ rules 403 403  403  403  200  403  200  403  403  403
get    v2/courses/{course}/attempts/         -              403  403  403  403  200  403  200  403  403  403
get    v2/courses/{course}/attempts/{attempt}/ -            403  403  403  403  200  403  200  403  403  403
get    v2/courses/{course}/attempts/{attempt}/ledger/ -     403  403  403  403  200  403  200  403  403  403
post   v2/courses/{course}/attempts/{attempt}/reset/ empty 403  403  403  403  200  403  200  403  403  403
post   v2/courses/{course}/attempts/{resumable}/resume/ empty 403 403  403  403  200  403  200  403  403  403
post   v2/courses/{course}/attempts/{running}/end/ empty  403  403  403  403  200  403  200  403  403  403
post   v2/courses/{course}/attempts/actions/ end_many      403  403  403  403  200  403  200  403  403  403
get    v2/courses/{course}/attempts/actions/{attempts_action}/ - 403 403 403  403  200  403  200  403  403  403
post   v2/courses/{course}/attempts/{attempt}/extend/ extend 403 403 403  403  200  403  200  403  403  403
post   v2/courses/{course}/attempts/{running}/pause/ pause 403 403 403  403  200  403  200  403  403  403
post   v2/courses/{course}/attempts/{attempt}/continue/ empty 403 403 403 403  200  403  200  403  403  403
get    v2/courses/{course}/allowances/       -              403  403  403  403  200  403  200  403  403  403
post   v2/courses/{course}/allowances/       grants         403  403  403  403  200  403  200  403  403  403
get    v2/courses/{course}/allowances/{allowance}/ -        403  403  403  403  200  403  200  403  403  403
patch  v2/courses/{course}/allowances/{allowance}/ minutes  403  403  403  403  200  403  200  403  403  403
delete v2/courses/{course}/allowances/{allowance}/ -        403  403  403  403  204  403  204  403  403  403
post   v2/courses/{course}/allowances/actions/ copy         403  403  403  403  200  403  200  403  403  403
get    v2/courses/{course}/allowances/actions/{allowances_action}/ - 403 403 403 403 200 403 200  403  403  403
get    v2/courses/{course}/onboarding/       -              403  403  403  403  200  403  200  403  403  403
get    v2/courses/{course}/reviews/          -              403  403  403  403  200  403  200  403  403  403
get    v2/courses/{course}/reviews/{review}/ -              403  403  403  403  200  403  200  200  403  403
patch  v2/courses/{course}/reviews/{review}/ decide         403  403  403  403  403  403  200  200  403  403
get    v2/courses/{course}/time-changes/     -              403  403  403  403  200  403  200  403  403  403
post   v2/courses/{course}/time-changes/     extend_all     403  403  403  403  200  403  200  403  403  403
get    v2/courses/{course}/time-changes/{change}/ -         403  403  403  403  200  403  200  403  403  403
post   v2/courses/{course}/time-changes/{change}/undo/ empty 403 403 403  403  200  403  200  403  403  403
get    v2/courses/{course}/attempts/export/  -              403  403  403  403  200  403  200  403  403  403
get    v2/courses/{course}/allowances/export/ -             403  403  403  403  200  403  200  403  403  403
get    v2/courses/{course}/onboarding/export/ -             403  403  403  403  200  403  200  403  403  403
"""

# Pages: who is not signed in is sent to sign in.
PAGES = """
                                                           anon inac stra owne cour fore glob revi frev reti
get    pages/texts/de                        -              200  200  200  200  200  200  200  200  200  200
get    pages/my-exams/                       -              302  302  200  200  200  200  200  200  200  200
get    pages/my-exams/data.json              -              302  302  200  200  200  200  200  200  200  200
get    pages/my-exams/data.html              -              302  302  200  200  200  200  200  200  200  200
get    pages/courses/{course}/special-exams/ -              302  302  403  403  200  403  200  403  403  403
get    pages/courses/{course}/special-exams/parts/ -        403  403  403  403  200  403  200  403  403  403
"""

# The courses of others.
V2_CROSSING = """\
get    v2/courses/{other}/exams/             -              403  403  403  403  403  200  200  403  403  403
get    v2/courses/{other}/exams/?course_id={q_course} -     403  403  403  403  403  400  400  403  403  403
get    v2/courses/{course}/exams/{foreign_exam}/ -          403  403  403  403  404  403  404  403  403  403
patch  v2/courses/{course}/exams/{foreign_exam}/ rename     403  403  403  403  404  403  404  403  403  403
patch  v2/courses/{course}/exams/{foreign_exam}/review-policy/ rules 403 403 403 403 404 403 404 403 403  403
patch  v2/courses/{other}/exams/{foreign_exam}/ rename      403  403  403  403  403  200  200  403  403  403
get    v2/courses/{course}/attempts/{foreign_attempt}/ -    403  403  403  403  404  403  404  403  403  403
get    v2/courses/{other}/attempts/{foreign_attempt}/ -     403  403  403  403  403  200  200  403  403  403
post   v2/courses/{course}/attempts/{foreign_attempt}/reset/ empty 403 403 403 403 404 403 404 403 403 403
post   v2/courses/{other}/attempts/{foreign_attempt}/reset/ empty 403 403 403 403 403 200 200 403 403 403
post   v2/courses/{other}/attempts/actions/ end_many       403  403  403  403  403  207  207  403  403  403
post   v2/courses/{course}/attempts/{foreign_attempt}/extend/ extend 403 403 403 403 404 403 404 403 403 403
post   v2/courses/{other}/attempts/{foreign_attempt}/extend/ extend 403 403 403 403 403 200 200 403 403 403
post   v2/courses/{course}/attempts/{foreign_attempt}/pause/ pause 403 403 403 403 404 403 404 403 403 403
get    v2/courses/{other}/attempts/          -              403  403  403  403  403  200  200  403  403  403
get    v2/courses/{other}/attempts/?course_id={q_course} -  403  403  403  403  403  400  400  403  403  403
get    v2/courses/{other}/allowances/        -              403  403  403  403  403  200  200  403  403  403
post   v2/courses/{other}/allowances/        grants         403  403  403  403  403  207  207  403  403  403
get    v2/courses/{course}/allowances/{foreign_allowance}/ - 403 403  403  403  404  403  404  403  403  403
patch  v2/courses/{course}/allowances/{foreign_allowance}/ minutes 403 403 403 403 404 403 404 403 403 403
delete v2/courses/{course}/allowances/{foreign_allowance}/ - 403 403  403  403  404  403  404  403  403  403
post   v2/courses/{other}/allowances/actions/ copy          403  403  403  403  403  400  400  403  403  403
get    v2/courses/{other}/reviews/           -              403  403  403  403  403  200  200  403  403  403
get    v2/courses/{course}/reviews/{foreign_review}/ -      403  403  403  403  404  403  404  404  404  403
patch  v2/courses/{course}/reviews/{foreign_review}/ decide 403  403  403  403  403  403  404  404  404  403
get    v2/courses/{other}/attempts/export/   -              403  403  403  403  403  200  200  403  403  403
get    v2/courses/{other}/allowances/export/ -              403  403  403  403  403  200  200  403  403  403
"""

V2_BODIES: dict[str, Any] = {
    "rules": {"review_policy": "Closed book"},
    "rename": {"exam_name": "Renamed"},
    "end_many": {"action": "end", "attempt_ids": ["{running}"]},
    "extend_all": {"action": "extend", "seconds": 60, "reason": "late", "attempt_ids": [1]},
    "extend": {"seconds": 600, "reason": "Fire alarm"},
    "pause": {"reason": "Fire alarm"},
    "empty": {},
    "decide": {"review_status": "Clean"},
    "minutes": {"value": "15"},
    "grants": {
        "users": ["learner"],
        "exam_ids": ["{exam}"],
        "kinds": [{"key": "additional_time_granted", "value": "5"}],
    },
    "copy": {"action": "copy", "allowance_ids": ["{allowance}"], "exam_id": "{timed}"},
}


def review_of(exam_id: int, user_id: int) -> int:
    """The review of an attempt that was removed."""
    review = ProctoredExamSoftwareSecureReview(
        attempt_code=f"CODE-{exam_id}",
        review_status="Suspicious",
        exam_id=exam_id,
        student_id=user_id,
    )
    ProctoredExamSoftwareSecureReview.objects.bulk_create([review])
    return ProctoredExamSoftwareSecureReview.objects.get(attempt_code=review.attempt_code).pk


def bulk_changes_of(course_id: str, prefix: str = "") -> dict[str, int]:
    """Create a bulk change of each kind in the course; return their ids by name."""
    changed = {"course_id": course_id, "action": "extend", "seconds": 60, "attempt_ids": []}
    found = {f"{prefix}change": BulkTimeChange.objects.create(**changed).pk}
    for resource in BulkAction.RESOURCES:
        done = {"course_id": course_id, "resource": resource, "action": "end", "row_ids": []}
        found[f"{prefix}{resource}_action"] = BulkAction.objects.create(**done).pk
    return found
