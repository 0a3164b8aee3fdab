"""The state of a simulator: its rows, its script and its callbacks; and how a view accesses it."""

import threading
from dataclasses import dataclass, field

from flask import current_app

from demo.simulator.callbacks import Callbacks
from demo.simulator.script import DEFAULT, Json, changed, for_learner
from demo.simulator.store import Row, Store


@dataclass
class Simulator:
    """Everything that a view needs. The script is stored, so that it survives a restart."""

    store: Store
    callbacks: Callbacks
    secret_suffix: str = "secret"
    script: Json = field(init=False)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        kept = self.store.row("SELECT body FROM script WHERE id = 1")
        self.script = changed(DEFAULT, kept["body"] if kept else {})

    def change_script(self, change: object) -> Json:
        """Merge ``change`` into the script; raises ``ScriptError`` if it is invalid."""
        with self._lock:
            self.script = changed(self.script, change)
            self._keep()
            return self.script

    def reset_script(self) -> None:
        with self._lock:
            self.script = changed(DEFAULT, {})
            self._keep()

    def take_fault(self, endpoint: str) -> Json:
        """Return the fault for this request and count it; ``{}`` for none."""
        with self._lock:
            faults = self.script["faults"]
            everywhere = faults.get("*")
            name = "*" if everywhere else endpoint
            fault: Json = dict(faults.get(name) or {})
            if fault.get("times") is not None:
                faults[name] = {**fault, "times": fault["times"] - 1}
                if fault["times"] <= 1:
                    del faults[name]
                self._keep()
            return fault

    def choices(self, attempt: Row) -> Json:
        return for_learner(self.script, attempt["email"])

    def secret_of(self, client_id: str) -> str:
        """Return the client secret for any client id: the id followed by ``secret``."""
        return client_id + self.secret_suffix

    def _keep(self) -> None:
        self.store.write(
            "INSERT INTO script (id, body) VALUES (1, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            self.script,
        )


def simulator() -> Simulator:
    """Return the simulator of the current request."""
    found: Simulator = current_app.extensions["simulator"]
    return found
