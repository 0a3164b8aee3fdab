"""The demo's walks: `make demo` shows them, and `make demo-check` requires that they pass."""

import time

from demo.environment import Place
from demo.scenarios.accommodations import accommodated
from demo.scenarios.grade_correction import corrected
from demo.scenarios.rejection import rejected
from demo.scenarios.special_exams import looked_at
from demo.scenarios.verification import verified
from demo.scenarios.visits import visited
from demo.walk import Failed, Walk


def run(place: Place) -> int:
    """Run all walks; return 0 if every step passed."""
    trip = Walk(place)
    began = time.monotonic()
    try:
        prepare(trip)
        print("\nA proctored exam from registration to a verified result", flush=True)
        verified(trip)
        print("\nA suspicious session, the second review, and its effects", flush=True)
        rejected(trip)
        print("\nAn exam in the secure browser, and a corrected review", flush=True)
        corrected(trip)
        print("\nExtra time: a profile, a grant, a break and an outage", flush=True)
        accommodated(trip)
        print("\nWhat visitors can play", flush=True)
        visited(trip)
        print("\nThe course team's page", flush=True)
        looked_at(trip)
    except Failed as error:
        print(f"\nThe walk failed at the step: {error}", flush=True)
        return 1
    print(f"\nEvery step passed ({time.monotonic() - began:.1f} s).", flush=True)
    return 0


def prepare(trip: Walk) -> None:
    """Configure the simulator for all walks, and the fault to be shown."""
    delay = 0.3 if trip.place.fast else 2.0
    suspicious = {
        "outcome": "suspicious",
        "comments": [
            {"comment": "A second person in the room", "status": "suspicious", "start": 12}
        ],
    }
    trip.script(
        {
            "ready": {"delay": delay, "never": trip.place.fault == "ready"},
            "review": {"delay": delay, "mode": "never" if trip.place.fault == "review" else "once"},
            "learners": {"sam@demo.example.com": {"review": suspicious}},
            "faults": {
                "notify": {"kind": "status", "status": 503}
                if trip.place.fault == "notify"
                else None
            },
        }
    )
