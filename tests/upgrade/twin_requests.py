"""Requests to both packages: every route, with and without permission, with valid and invalid input."""

from typing import Any
from urllib.parse import urlencode

from tests.upgrade.twins import Ask, Do

COURSE = "course-v1:edX+Twin+2026"
OTHER = "course-v1:edX+Other+2026"
APART = "course-v1:edX+Apart+2026"  # where what one side creates and the other does not is in nobody's way
V1 = "/api/edx_proctoring/v1"
EXAMS = f"{V1}/proctored_exam"
ATTEMPTS = f"{EXAMS}/attempt"
STATUS = f"{V1}/user_onboarding/status"
START = "/api/edx_proctoring/proctoring_launch_callback/start_exam"
ANONYMOUS = "/api/edx_proctoring/proctoring_review_callback/"
TIME = "additional_time_granted"


def get(who: str, path: str, row: str = "") -> Ask:
    return Ask(who, "GET", path, row=row)


def post(who: str, path: str, body: Any = None, **more: Any) -> Ask:
    return Ask(who, "POST", path, body, **more)


def put(who: str, path: str, body: Any = None, **more: Any) -> Ask:
    return Ask(who, "PUT", path, body, **more)


def delete(who: str, path: str, body: Any = None, **more: Any) -> Ask:
    return Ask(who, "DELETE", path, body, **more)


def content(name: str) -> str:
    return f"block-v1:edX+Twin+2026+type@sequential+block@{name}"


def of_content(name: str) -> str:
    """Return the id quoted for a query string."""
    return urlencode({"content_id": content(name)})


def exam(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "course_id": COURSE,
        "content_id": content(name),
        "external_id": f"external-{name}",
        "exam_name": name,
        "time_limit_mins": 90,
        "is_proctored": True,
        "is_practice_exam": False,
        "is_active": True,
        "hide_after_due": False,
        **changes,
    }


def act(name: str, action: Any, who: str = "", **more: Any) -> Ask:
    """An action of the attempt's learner, or of another user."""
    return put(
        who or name.partition("-")[0], f"{ATTEMPTS}/{{attempt:{name}}}", {"action": action}, **more
    )


def begin(name: str, proctored: Any = None, **more: Any) -> Ask:
    """`ada-final`: Ada creates an attempt in the exam `final`."""
    who, _, of = name.partition("-")
    body: dict[str, Any] = {"exam_id": f"{{exam:{of}}}"}
    if proctored is not None:
        body["attempt_proctored"] = proctored
    return post(who, ATTEMPTS, {**body, **more.pop("body", {})}, keep=name, **more)


def ready(name: str, **more: Any) -> Ask:
    return post("reviewer", f"{ATTEMPTS}/{{external:{name}}}/ready", {"status": "ready"}, **more)


def review(name: str, status: Any, who: str = "reviewer", row: str = "", **more: Any) -> Ask:
    body = {"status": status, "comments": [], **more}
    return post(who, f"{ATTEMPTS}/{{external:{name}}}/reviewed", body, row=row)


COMMENT = {"comment": "looks away", "status": "suspicious", "start": 1, "stop": 2, "duration": 1}
EXAM_STEPS = [
    *(
        post("boss", f"{EXAMS}/exam", exam(name, **more), keep=name)
        for name, more in (
            ("final", {}),
            ("timed", {"is_proctored": False}),
            ("practice", {"is_practice_exam": True}),
            ("oral", {}),
            ("asleep", {"is_active": False, "content_id": "asleep"}),
        )
    ),
    post("boss", f"{EXAMS}/exam", exam("far", course_id=OTHER), keep="far"),
    post("boss", f"{EXAMS}/exam", exam("apart", course_id=APART), keep="apart"),
    post("boss", f"{EXAMS}/exam", exam("short", course_id=APART, is_proctored=False), keep="short"),
    post("boss", f"{EXAMS}/exam", exam("final")),
    post("boss", f"{EXAMS}/exam", {"course_id": COURSE}),
    post("boss", f"{EXAMS}/exam", exam("odd", time_limit_mins="abc")),
    post(
        "boss",
        f"{EXAMS}/exam",
        exam("odd", course_id=APART, time_limit_mins=-5),
        row="negative-minutes",
    ),
    post(
        "boss",
        f"{EXAMS}/exam",
        exam("odd2", course_id=APART, is_active="yes"),
        row="validated-values",
    ),
    post("boss", f"{EXAMS}/exam", exam("form"), form=True),
    post("boss", f"{EXAMS}/exam", "not JSON"),
    post("boss", f"{EXAMS}/exam", [1, 2]),
    post("teacher", f"{EXAMS}/exam", exam("mine")),
    post("ada", f"{EXAMS}/exam", exam("mine")),
    post("", f"{EXAMS}/exam", exam("mine")),
    get("boss", f"{EXAMS}/exam", "wrong-method-405"),
    get("ada", f"{EXAMS}/exam/exam_id/{{exam:final}}"),
    get("ada", f"{EXAMS}/exam/exam_id/{{exam:asleep}}"),
    get("ada", f"{EXAMS}/exam/exam_id/9999"),
    get("", f"{EXAMS}/exam/exam_id/{{exam:final}}"),
    get("ada", f"{EXAMS}/exam/course_id/{COURSE}/content_id/asleep"),
    get("ada", f"{EXAMS}/exam/course_id/{COURSE}/content_id/nothing"),
    get(
        "ada",
        f"{EXAMS}/exam/course_id/{COURSE}/content_id/block-v1:x+y+z+type@s+block@1",
        "usage-keys-in-urls",
    ),
    get("ada", f"{EXAMS}/exam/course_id/{COURSE}"),
    get("ada", f"{EXAMS}/exam/course_id/a/b/c"),
    put("boss", f"{EXAMS}/exam", {"exam_id": "{exam:final}", "exam_name": "Final"}),
    put("boss", f"{EXAMS}/exam", {"exam_id": "{exam:final}", "exam_name": "final"}, form=True),
    put("boss", f"{EXAMS}/exam", {"exam_id": 9999, "exam_name": "Final"}),
    put("boss", f"{EXAMS}/exam", {"exam_name": "Final"}),
    put("boss", f"{EXAMS}/exam", {"exam_id": "x"}, row="bad-input-400"),
    put(
        "boss",
        f"{EXAMS}/exam",
        {"exam_id": "{exam:final}", "is_active": "maybe"},
        row="bad-input-400",
    ),
    put("ada", f"{EXAMS}/exam", {"exam_id": "{exam:final}", "exam_name": "mine"}),
    get("ada", f"{EXAMS}/settings/exam_id/{{exam:final}}/", "settings-empty-object"),
    get("ada", f"{EXAMS}/settings/exam_id/{{exam:timed}}/"),
    get("ada", f"{EXAMS}/settings/exam_id/9999/"),
    get("ada", f"{EXAMS}/review_policy/exam_id/{{exam:final}}/"),
    get("ada", f"{EXAMS}/review_policy/exam_id/9999/", "review-policy-unknown-exam"),
]

LEARNER_STEPS = [
    get("ada", ATTEMPTS),
    begin("ada-timed", body={"start_clock": "true"}),
    get("ada", ATTEMPTS),
    get("ada", f"{ATTEMPTS}/{{attempt:ada-timed}}"),
    get("bob", f"{ATTEMPTS}/{{attempt:ada-timed}}"),
    get("boss", f"{ATTEMPTS}/{{attempt:ada-timed}}"),
    get("ada", f"{ATTEMPTS}/9999"),
    begin("ada-timed"),
    get("ada", f"{EXAMS}/active_attempt"),
    get("ada", f"{ATTEMPTS}/course_id/{COURSE}?{of_content('timed')}"),
    get("ada", f"{ATTEMPTS}/course_id/{COURSE}"),
    get("boss", f"{ATTEMPTS}/course_id/{COURSE}?{of_content('timed')}&user_id={{user:ada}}"),
    get("teacher", f"{ATTEMPTS}/course_id/{COURSE}?{of_content('timed')}&user_id={{user:ada}}"),
    get("boss", f"{ATTEMPTS}/course_id/{COURSE}?user_id=x", "bad-input-400"),
    get("boss", f"{EXAMS}/active_attempt?user_id={{user:ada}}"),
    get("ada", f"{EXAMS}/active_attempt?user_id={{user:ada}}"),
    get("ada", f"{EXAMS}/active_exams_for_user", "active-exams-guard"),
    get("boss", f"{EXAMS}/active_exams_for_user?user_id={{user:ada}}", "active-exams-guard"),
    act("ada-timed", "stop"),
    act("ada-timed", "submit", who="bob"),
    act("ada-timed", "submit", form=True),
    act("ada-timed", "submit"),
    act("ada-timed", "start"),
    act("ada-timed", "nonsense", row="bad-input-400"),
    put("ada", f"{ATTEMPTS}/{{attempt:ada-timed}}", {}, row="bad-input-400"),
    put("ada", f"{ATTEMPTS}/9999", {"action": "stop"}),
    put("ada", f"{ATTEMPTS}/{{attempt:ada-timed}}", [1], row="bad-input-400"),
    begin("bob-timed"),
    act("bob-timed", "start"),
    Do("began_ago", ("{attempt:bob-timed}", 200)),
    get("bob", f"{ATTEMPTS}/{{attempt:bob-timed}}"),
    get("bob", ATTEMPTS),
    begin("kim-short"),
    act("kim-short", "decline"),
    post("ada", ATTEMPTS, {"exam_id": 9999}),
    post("ada", ATTEMPTS, {"exam_id": "x"}, row="bad-input-400"),
    post("ada", ATTEMPTS, {}),
    post("", ATTEMPTS, {"exam_id": "{exam:timed}"}),
    begin("eve-short", body={"start_clock": True}, row="json-booleans"),
    begin("dan-short", "true", row="proctored-timed-exam"),
    begin("ada-final", "true"),
    get("ada", f"{ATTEMPTS}/course_id/{COURSE}?{of_content('final')}", "thresholds-before-start"),
    act("ada-final", "click_download_software"),
    begin("lea-apart", "true"),
    post(
        "lea",
        f"{ATTEMPTS}/{{external:lea-apart}}/ready",
        {"status": "ready"},
        row="ready-needs-reviewer",
    ),
    begin("max-apart", "true"),
    act("max-apart", "stop", row="learner-actions-from-status"),
    act("max-apart", "start", row="start-needs-ready"),
    ready("ada-final"),
    post("reviewer", f"{ATTEMPTS}/unknown/ready", {"status": "ready"}),
    act("ada-final", "start"),
    get("ada", ATTEMPTS),
    act("ada-final", "click_download_software", who="bob"),
    act("ada-final", "error"),
    put(
        "teacher",
        f"{ATTEMPTS}/{{attempt:ada-final}}",
        {"action": "mark_ready_to_resume", "user_id": "{user:ada}"},
    ),
    act("ada-final", "mark_ready_to_resume", row="self-resume"),
    put(
        "teacher",
        f"{ATTEMPTS}/{{attempt:ada-final}}",
        {"action": "submit", "user_id": "{user:ada}"},
    ),
    begin("bob-final", "true"),
    ready("bob-final"),
    act("bob-final", "start"),
    act("bob-final", "stop"),
    act("bob-final", "submit"),
    act("bob-final", "error"),
    begin("cleo-final"),
    get("cleo", f"{ATTEMPTS}/course_id/{COURSE}?{of_content('oral')}", "thresholds-before-start"),
    begin("dan-apart", True, row="json-booleans"),
    begin("dan-final", "true"),
    act("dan-final", "decline"),
    begin("eve-apart", "true"),
    get("eve", f"{START}/{{code:eve-apart}}"),
    Ask("", "HEAD", f"{START}/{{code:eve-apart}}"),
    ready("eve-apart"),
    act("eve-apart", "start"),
    get("", f"{START}/{{code:eve-apart}}"),
    get("eve", f"{ATTEMPTS}/{{attempt:eve-apart}}", "start-callback-submits"),
    get("", f"{START}/00000000-0000-0000-0000-000000000000"),
    begin("fay-asleep", "true"),
    begin("gus-practice", "true"),
    act("gus-practice", "error"),
    get("gus", f"{ATTEMPTS}/{{attempt:gus-practice}}"),
    act("gus-practice", "reset_attempt", keep="gus-practice-2"),
    act("bob-final", "reset_attempt"),
    act("gus-practice-2", "submit", who="gus"),
    Do("provider", options={"onboarding": "onboarding_missing"}),
    begin("ida-final", "true"),
    Do("provider", options={"onboarding": "", "down": True}),
    begin("jon-final", "true", row="provider-failure-502"),
    Do("provider", options={"down": False}),
    get("ida", f"{ATTEMPTS}/course_id/{COURSE}?{of_content('final')}", "thresholds-before-start"),
]
