"""Requests sent to the published package and to ours, each with its own database, and a comparison of the responses."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

NAMED = re.compile(r"\{(exam|attempt|code|external|user):([\w-]+)\}")
WHEN = {"created", "modified", "started_at", "completed_at", "due_date", "expiration_date"}
UNALIKE = {"attempt_code", "external_id", "review_policy_id"}  # each side has its own
WORDS = {"detail", "non_field_errors", "description"}  # each side's own


@dataclass(frozen=True)
class Ask:
    """A request.

    `keep` names the attempt that it creates; `row` is the id of the intended difference. `by`: the fields by which
    the rows of the response are sorted, where 6.1.4 returns the random order of a set.
    """

    who: str
    method: str
    path: str
    body: Any = None
    form: bool = False
    keep: str = ""
    row: str = ""
    by: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.who or 'nobody'}: {self.method} {self.path} {json.dumps(self.body)}"


def difference(published: list[Any], ours: list[Any]) -> str:
    """Return how two responses differ: the statuses, else the names of the fields, '' if they are equal."""
    if published[0] != ours[0]:
        return f"{published[0]} -> {ours[0]}"
    return " ".join(sorted(set(_fields(published[1], ours[1], "the answer"))))


def _fields(published: Any, ours: Any, name: str) -> Iterator[str]:
    if published == ours:
        return
    if isinstance(published, dict) and isinstance(ours, dict):
        for key in {*published, *ours}:
            if key not in published or key not in ours:
                yield key
            else:
                yield from _fields(published[key], ours[key], key)
    elif isinstance(published, list) and isinstance(ours, list) and len(published) == len(ours):
        for theirs, own in zip(published, ours, strict=True):
            yield from _fields(theirs, own, name)
    else:
        yield name


@dataclass(frozen=True)
class Do:
    """A command of the processes, see `project/twin.py` and `project/driver.py`."""

    command: str
    args: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    keep: str = ""


class Twin:
    """One side, and the names of its ids."""

    def __init__(self, side: Any) -> None:
        self.side = side
        side.prepare_twin()
        self.ids: dict[tuple[str, str], Any] = {
            ("user", name): number for name, number in side.user_ids().items()
        }

    def do(self, step: Do) -> None:
        """Execute a command that is not a request."""
        answer = getattr(self.side, step.command)(*self.own(step.args), **self.own(step.options))
        if step.keep:
            self.ids["attempt", step.keep] = answer

    def ask(self, step: Ask) -> list[Any]:
        """Return the response in comparable form."""
        status, kind, text = self.side.send(
            step.who, step.method, self.own(step.path), self.own(step.body), step.form
        )
        if step.keep and status == 200:
            self._keep(step.keep, json.loads(text))
        kind = kind.partition(";")[0]
        if kind == "application/json" and status != 500:
            answer = json.loads(text) if text else ""
            if status >= 400 and isinstance(answer, str):
                answer = answer and "words"
            if step.by:
                answer.sort(key=lambda found: [str(found[name]) for name in step.by])
            return [status, self.comparable(answer)]
        # Pages of errors are the host's; other pages lead on or are no part of the interface.
        return [status, self._plain(text) if status in (200, 302) else ""]

    def _keep(self, name: str, answer: Any) -> None:
        if "exam_id" in answer:
            self.ids["exam", name] = answer["exam_id"]
        else:
            self.ids["attempt", name] = answer["exam_attempt_id"]

    def own(self, value: Any) -> Any:
        """Insert this side's ids."""
        if isinstance(value, (list, tuple)):
            return [self.own(one) for one in value]
        if isinstance(value, dict):
            return {key: self.own(one) for key, one in value.items()}
        if not isinstance(value, str):
            return value
        found = NAMED.fullmatch(value)
        if found:
            return self._id(*found.groups())
        return NAMED.sub(lambda match: str(self._id(*match.groups())), value)

    def _id(self, kind: str, name: str) -> Any:
        if kind in ("code", "external"):
            return self.side.of_attempt(self._id("attempt", name))[kind] or "none"
        return self.ids.get((kind, name), 0)  # 0: was not created here

    def comparable(self, value: Any, key: str = "") -> Any:
        """Remove values that cannot be equal: primary keys, codes, times, texts of errors."""
        if isinstance(value, dict):
            return {name: self.comparable(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [self.comparable(one, key) for one in value]
        if key in WORDS:
            return "words" if value else value
        if key in WHEN | UNALIKE:
            return "something" if value else value
        if key == "time_remaining_seconds" and value:
            return round(value / 60)
        if key in ("attempt_id", "exam_attempt_id") and value is not False:
            return self._name(value)
        if key == "id":  # its neighbours say what it is the id of
            return "an id"
        return self._plain(value) if isinstance(value, str) else value

    def _name(self, number: Any) -> str:
        names = [
            name for (kind, name), one in self.ids.items() if (kind, one) == ("attempt", number)
        ]
        return names[0] if names else "an attempt"

    def _plain(self, text: str) -> str:
        text = re.sub(r"(?<=attempt/)\d+", "…", text)
        return re.sub(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", "…", text, flags=re.IGNORECASE)
