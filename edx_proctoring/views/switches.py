"""Waffle switches of the host."""

import waffle
from waffle import get_waffle_switch_model
from waffle.utils import get_setting

from edx_proctoring import cache


def is_on(name: str) -> bool:
    """Return whether the switch is on; reads the database if waffle's cache does not work."""
    known = cache.guarded(lambda: bool(waffle.switch_is_active(name)), None)
    if known is not None:
        return known
    switches = get_waffle_switch_model()._default_manager
    active = switches.filter(name=name).values_list("active", flat=True).first()
    return bool(get_setting("SWITCH_DEFAULT") if active is None else active)
