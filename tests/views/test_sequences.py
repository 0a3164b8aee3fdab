"""Whatever learners do, in whatever order: are the questions shown, does a clock run, would an answer count?

The files in `sequences/` state it for every kind of exam and every state of the learner's attempts in it: what she sees
(Q: questions, C: the clock runs, A: an answer would count), where opting out is allowed, where it is forbidden, and
after the due date; then where each request leads. All ends are states of the same file, so a sequence of requests of
any length is a path through it. The test makes the files: run it with PROCTORING_WRITE_SEQUENCES=1, read the difference.
"""

import os
from pathlib import Path

import pytest

from edx_proctoring.statuses import COMPLETED, IN_PROGRESS, PRE_STARTED
from tests.views.walks import GRADED, KINDS, State, World, starts, undone

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("tracker"),
    pytest.mark.needs("one-run"),
]

STATED = Path(__file__).with_name("sequences")
UNREACHABLE = ("eligible", "expired", "onboarding_reset")  # nothing of ours leads there

LEARNER = {
    **{
        action: (lambda world, action=action: world.put(action))
        for action in ("start", "stop", "submit", "decline", "error", "reset_attempt", "ping")
    },
    "click": lambda world: world.put("click_download_software"),
    **{
        f"{action} the earlier": (lambda world, action=action: world.put(action, older=True))
        for action in ("start", "submit", "decline", "error")
    },
    "create": lambda world: world.create(True),
    "create and start": lambda world: world.create(True, clock=True),
    "create unproctored": lambda world: world.create(False),
    "callback with the code": lambda world: world.launch(),
    "decline the sister": lambda world: world.create(False, exam=world.sister),
    "look": World.look_where_opting_out_is_forbidden,
    "time passes": World.let_time_pass,
}
OTHERS = {
    "create before onboarding": World.create_before_onboarding,
    "the provider's browser": lambda world: world.launch(token=True),
    "the provider is ready": World.report_ready,
    "staff let her resume": lambda world: world.put(
        "mark_ready_to_resume", client=world.staff, user_id=world.learner.pk
    ),
}
REQUESTS = {**LEARNER, **OTHERS}


def explore(world):
    """Explore all states from every start until nothing new is found: the screen in each, and the result of each
    request.
    """
    waiting, sees, ends = sorted(set(starts(world.kind))), {}, {}
    while waiting:
        state = waiting.pop()
        if state in sees:
            continue
        with undone():
            world.build(state)
            assert world.read() == state
            sees[state] = world.sees()
            for name, send in REQUESTS.items():
                with undone():
                    answer = send(world)
                    code = answer.status_code if answer is not None else 0
                    end = world.read()
                ends[state, name] = code, end
                waiting.append(end)
    return sees, ends


def written(sees, ends):
    lines = []
    for state in sorted(sees):
        lines.append(f"{state}: {sees[state]}")
        found = {}
        for name in REQUESTS:
            code, end = ends[state, name]
            if code or end != state:
                where = "stays" if end == state else str(end)
                found.setdefault(f"{code or 'then'} {where}", []).append(name)
        lines += [f"    {where}: {', '.join(names)}" for where, names in sorted(found.items())]
    return "\n".join(lines) + "\n"


def is_open_by_rule(kind, state, where):
    """May the questions be shown without a clock?"""
    if kind == "timed":
        return where == "late" and state.status in COMPLETED
    if kind == "proctored":
        if state.status in UNREACHABLE:
            return where != "late" or state.status not in ("eligible",)
        forbidden = where == "forbidden" and state.why in ("learner", "shown", "cascade, learner")
        return state.status == "declined" and (state.has_begun or not forbidden)
    # They hold nothing that counts: open where no screen is published for the status.
    return state.status not in (*PRE_STARTED, *IN_PROGRESS, "none", "submitted", "error")


def shown(sees, state):
    """By context: the letters."""
    return dict(part.split(" ") for part in sees[state].split(", "))


def reachable(ends, requests=REQUESTS):
    found, waiting = set(), [State()]
    while waiting:
        state = waiting.pop()
        if state not in found:
            found.add(state)
            waiting += [ends[state, name][1] for name in requests]
    return found


def after_three(ends, start):
    """The states to which at most three requests lead, each with one way there."""
    found = {start: ()}
    for _step in range(3):
        for state, names in list(found.items()):
            for name in REQUESTS:
                found.setdefault(ends[state, name][1], (*names, name))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_sequences(kind, make_exam, provider, learner, staff, global_staff, settings):
    no_limit = {"PRACTICE_ATTEMPTS_PER_HOUR": 0}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **no_limit}
    world = World(kind, make_exam, provider, learner, staff, global_staff)
    sees, ends = explore(world)
    text = written(sees, ends)
    if os.environ.get("PROCTORING_WRITE_SEQUENCES"):
        (STATED / f"{kind}.txt").write_text(text, "utf-8")
    assert text == (STATED / f"{kind}.txt").read_text("utf-8")
    check_states(kind, sees)
    check_sequences(kind, sees, ends)


def check_states(kind, sees):
    """If questions are shown, a clock runs, or the rules leave them open."""
    for state in sees:
        for where, letters in shown(sees, state).items():
            is_shown, runs = "Q" in letters, "C" in letters
            assert not is_shown or runs or is_open_by_rule(kind, state, where), (state, where)


def check_sequences(kind, sees, ends):
    """From nothing, and from wherever a learner has begun: three requests give nobody content or time."""
    for state in reachable(ends):
        assert state.status not in UNREACHABLE or kind not in GRADED, state
        # An attempt that goes on has no more than the time that was left.
        assert kind not in GRADED or state.earlier != "begun" or state.saved, state
        assert not (kind in GRADED and state.status == "declined" and state.has_begun), state
    if kind not in GRADED:
        return
    for start in sees:
        if not start.has_begun or start.status in ("declined", *UNREACHABLE):
            continue
        for end, names in after_three(ends, start).items():
            for where in ("allowed", "forbidden"):
                letters = shown(sees, end)[where]
                assert "Q" not in letters or "C" in letters, (start, names, end)
