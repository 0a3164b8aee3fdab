"""The effects of a change of an attempt: `plan` decides on them, `perform` carries them out.

`plan` is pure: it takes a frozen `Change` and returns a list of `Effect`. The performers make no decisions: they write
to the shared database in the transaction of the change and put everything else into the outbox.
"""

from edx_proctoring.effects.extension_hooks import tell_extensions
from edx_proctoring.effects.perform import PERFORMERS, perform, tell_of_resuming
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
    "tell_of_resuming",
]
