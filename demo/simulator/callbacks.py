"""Delayed calls to the LMS: rows with a due time, repeated until the LMS accepts them."""

import logging
import threading
from typing import Any, Protocol

import requests

from demo.simulator import lms, rpnow, script
from demo.simulator.store import Row, Store

log = logging.getLogger(__name__)

PATHS = {"ready": lms.READY, "review": lms.REVIEWED}
LONGEST_PAUSE = 60.0
GIVE_UP_AFTER = 12


class Client(Protocol):
    """The data that ``Callbacks`` needs to reach an LMS."""

    def post(self, lms_host: str, path: str, body: dict[str, Any]) -> requests.Response: ...

    def post_anonymously(
        self, lms_host: str, path: str, body: dict[str, Any]
    ) -> requests.Response: ...


class Callbacks:
    """The queue. ``start()`` processes it in a thread; tests call ``run_due()`` themselves."""

    def __init__(self, store: Store, client: Client, *, pause: float = 1.0) -> None:
        self.store = store
        self.client = client
        self.pause = pause
        self._news = threading.Condition()
        self._stopped = False

    # ── what to send

    def ready(self, attempt: Row, choices: script.Json) -> None:
        """Report the learner's computer as ready, once per set-up."""
        if not choices["ready"]["never"] and not self._waiting(attempt["id"], "ready"):
            self.put(attempt["id"], "ready", choices["ready"]["delay"], {"status": "ready"})

    def review(self, attempt: Row, choices: script.Json) -> None:
        """Send the review as configured in the script."""
        wanted = choices["review"]
        outcome = self._outcome(wanted)
        body = self._review_body(attempt, wanted, outcome)
        first, second = wanted["delay"], wanted["delay"] + max(self.pause, wanted["delay"] / 2)
        if wanted["mode"] == "never":
            return
        self.put(attempt["id"], "review", first, body)
        if wanted["mode"] == "twice":
            self.put(attempt["id"], "review", second, body)
        elif wanted["mode"] in ("corrected", "out_of_order"):
            # a second review: a later one, or an interim one that arrives after the final one
            other = "passed" if outcome != "passed" else "suspicious"
            self.put(attempt["id"], "review", second, self._review_body(attempt, wanted, other))

    def _outcome(self, wanted: script.Json) -> str:
        outcome: str = wanted["outcome"]
        return self.store.random.choice(script.OUTCOMES[:-1]) if outcome == "random" else outcome

    def _review_body(self, attempt: Row, wanted: script.Json, outcome: str) -> Row:
        if rpnow.is_rpnow(attempt):
            return rpnow.review(attempt, wanted, outcome)
        body = {"status": outcome, "comments": wanted["comments"]}
        if wanted["reviewed_by"]:
            body["reviewed_by"] = wanted["reviewed_by"]
        return body

    def put(self, attempt_id: str, kind: str, delay: float, body: Row) -> None:
        """Queue one call, ``delay`` seconds from now."""
        self.store.write(
            "INSERT INTO callbacks (attempt_id, kind, due, body) VALUES (?, ?, ?, ?)",
            attempt_id,
            kind,
            self.store.clock() + delay,
            body,
        )
        with self._news:
            self._news.notify_all()

    def _waiting(self, attempt_id: str, kind: str) -> bool:
        return bool(
            self.store.row(
                "SELECT id FROM callbacks WHERE attempt_id = ? AND kind = ? AND state = 'waiting'",
                attempt_id,
                kind,
            )
        )

    # ── sending

    def run_due(self) -> int:
        """Send everything that is due; return the number of calls."""
        due = self.store.rows(
            "SELECT * FROM callbacks WHERE state = 'waiting' AND due <= ? ORDER BY due, id",
            self.store.clock(),
        )
        for callback in due:
            self._send(callback)
        return len(due)

    def _send(self, callback: Row) -> None:
        attempt = self.store.attempt(callback["attempt_id"])
        if attempt is None:
            self._note(callback, "cancelled", "the attempt is gone")
            return
        path = PATHS[callback["kind"]].format(attempt_id=attempt["id"])
        post = self.client.post
        if rpnow.is_rpnow(attempt):
            path, post = lms.RPNOW_REVIEWED, self.client.post_anonymously
        try:
            response = post(attempt["lms_host"], path, callback["body"])
        except (requests.RequestException, ValueError, KeyError) as error:
            self._again(callback, f"{type(error).__name__}: {error}")
            return
        answer = f"{response.status_code} {response.text[:200]}"
        if not response.ok:
            self._again(callback, answer)
            return
        self._note(callback, "done", answer)
        if callback["kind"] == "review":
            self.store.write(
                "UPDATE attempts SET reviewed = ? WHERE id = ?", callback["body"], attempt["id"]
            )

    def _again(self, callback: Row, answer: str) -> None:
        tries = callback["tries"] + 1
        log.warning("callback %(kind)s of %(attempt_id)s failed", callback)
        state = "given up" if tries >= GIVE_UP_AFTER else "waiting"
        pause = min(self.pause * 2 ** callback["tries"], LONGEST_PAUSE)
        self._note(callback, state, answer, due=self.store.clock() + pause)

    def _note(self, callback: Row, state: str, answer: str, due: float | None = None) -> None:
        self.store.write(
            "UPDATE callbacks SET state = ?, answer = ?, tries = tries + 1, due = coalesce(?, due)"
            " WHERE id = ? AND state = 'waiting'",
            state,
            answer,
            due,
            callback["id"],
        )

    # ── the thread

    def start(self) -> None:
        threading.Thread(target=self._loop, name="callbacks", daemon=True).start()

    def stop(self) -> None:
        with self._news:
            self._stopped = True
            self._news.notify_all()

    def _loop(self) -> None:
        while not self._stopped:
            self.run_due()
            with self._news:
                self._news.wait(self._seconds_to_next())

    def _seconds_to_next(self) -> float:
        """Return the seconds until the next call, at most one, so that newly queued calls are sent soon."""
        row = self.store.row("SELECT min(due) AS due FROM callbacks WHERE state = 'waiting'")
        due = row["due"] if row else None
        return min(max(due - self.store.clock(), 0.01), 1.0) if due else 1.0
