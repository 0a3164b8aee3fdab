"""Questions about the installation, asked in threads of their own within a time limit, and the findings."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace

from django.db import connections

from edx_proctoring.backends.masking import without_secrets
from edx_proctoring.types import JSONObject

OK, NOTE, WARNING, ERROR = "ok", "note", "warning", "error"


@dataclass(frozen=True)
class Finding:
    """A finding: subject, state (ok, note, warning, error), text, hint, and numbers."""

    subject: str
    state: str
    text: str
    hint: str = ""
    numbers: JSONObject = field(default_factory=dict)

    def as_dict(self) -> JSONObject:
        """Return the finding for JSON."""
        return asdict(self)

    def masked(self) -> "Finding":
        """Return the finding without secrets of providers."""
        return replace(self, text=without_secrets(self.text), hint=without_secrets(self.hint))


# A subject, and a function of the seconds that the answer may take.
Question = tuple[str, Callable[[float], Iterable[Finding]]]


class _Answer:
    """A question in its own thread. A thread that hangs is not waited for, not even at the end of the process."""

    def __init__(self, subject: str, question: Callable[[float], Iterable[Finding]]) -> None:
        self._subject, self._question = subject, question
        self._found: list[Finding] | None = None
        self._thread: threading.Thread | None = None

    def start(self, seconds: float) -> "_Answer":
        name = f"proctoring asks: {self._subject}"  # in dumps of the process's threads
        self._thread = threading.Thread(target=self._run, args=(seconds,), daemon=True, name=name)
        self._thread.start()
        return self

    def is_awaited(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def within(self, seconds: float) -> list[Finding] | None:
        """Return the findings, or None if there are none yet."""
        assert self._thread is not None
        self._thread.join(max(seconds, 0))
        return self._found

    def _run(self, seconds: float) -> None:
        try:
            self._found = list(self._question(seconds))
        except Exception as error:
            text = without_secrets(f"unreachable: {type(error).__name__}: {error}")[:300]
            self._found = [Finding(self._subject, ERROR, text)]
        finally:
            connections.close_all()  # this thread's own, which Django opens and nothing else closes


_shared: dict[str, _Answer] = {}
_lock = threading.Lock()


def ask(asked: list[Question], deadline: float) -> list[list[Finding]]:
    """Ask all questions at once; return the findings of each within `deadline` seconds."""
    return _collect([(one, _Answer(*one).start(deadline)) for one in asked], deadline)


def ask_shared(asked: list[Question], deadline: float) -> list[list[Finding]]:
    """Do the same for requests: a question that is being asked is not asked again, so that a service that hangs costs
    this process one thread, however often somebody looks.
    """
    with _lock:
        answers = [(one, _shared.get(one[0])) for one in asked]
        started = [
            (one, known if known and known.is_awaited() else _Answer(*one).start(deadline))
            for one, known in answers
        ]
        _shared.update({one[0]: answer for one, answer in started})
    return _collect(started, deadline)


def _collect(started: list[tuple[Question, _Answer]], deadline: float) -> list[list[Finding]]:
    until, found = time.monotonic() + deadline, []
    for (subject, _question), answer in started:
        findings = answer.within(until - time.monotonic())
        late = f"no answer within {deadline:g} seconds"
        found.append([Finding(subject, ERROR, late)] if findings is None else findings)
    return found
