"""What follows from a change of an attempt: `plan` decides, `perform` does.

`plan` is pure: a frozen `Change` goes in, a list of `Effect` comes out. The performers are dull: what is written to our
common database happens in the transaction of the change, everything else is put into the outbox.
"""

from edx_proctoring.effects.extending import tell_extensions
from edx_proctoring.effects.perform import PERFORMERS, perform
from edx_proctoring.effects.plan import (
    Change,
    Effect,
    EffectKind,
    asks_for_others,
    plan,
)
from edx_proctoring.effects.time_changes import TimeChanged, perform_time_change

__all__ = [
    "PERFORMERS",
    "Change",
    "Effect",
    "EffectKind",
    "TimeChanged",
    "asks_for_others",
    "perform",
    "perform_time_change",
    "plan",
    "tell_extensions",
]
