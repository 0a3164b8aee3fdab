"""Dates and times in words, in a reader's language and time zone."""

import datetime
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf.locale import LANG_INFO
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from edx_proctoring import timing


@dataclass(frozen=True)
class Moment:
    """A moment for templates: `iso` for machines, `text` for readers, `zone` in words, `offset` from UTC in minutes.

    `text` is in the active language; `day` is the date alone.
    """

    iso: str
    text: str
    day: str
    zone: str
    offset: int


def zone_named(name: str | None) -> datetime.tzinfo:
    """Return the time zone of this name, or Django's current one if there is no such zone."""
    try:
        return ZoneInfo(name) if name else timezone.get_current_timezone()
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return timezone.get_current_timezone()


def in_words(moment: datetime.datetime, zone: datetime.tzinfo) -> Moment:
    """Describe an aware moment."""
    local = _local(moment, zone)
    with translation.override(_language_of_formats()):
        weekday, date = formats.date_format(local, "l"), formats.date_format(local, "DATE_FORMAT")
        time = formats.time_format(local, "TIME_FORMAT")
    day = _("{weekday}, {date}").format(weekday=weekday, date=date)
    return Moment(
        iso=local.isoformat(),
        text=_("{date}, {time}").format(date=day, time=time),
        day=day,
        zone=_zone_in_words(local),
        offset=int((local.utcoffset() or datetime.timedelta()).total_seconds() // 60),
    )


def _local(moment: datetime.datetime, zone: datetime.tzinfo) -> datetime.datetime:
    """Return the moment in this time zone, or in UTC where the zone's calendar would end."""
    try:
        return timing.in_utc(moment).astimezone(zone)
    except OverflowError:
        return timing.in_utc(moment)


def _language_of_formats() -> str | None:
    """Return the language whose names and formats of dates Django has: `zh-hans` for `zh-cn`, as Open edX calls it."""
    language = translation.get_language()
    return next(iter(LANG_INFO.get(language or "", {}).get("fallback", ())), language)


def _zone_in_words(local: datetime.datetime) -> str:
    """Return "Europe/Berlin, UTC+01:00", or "UTC"."""
    offset = local.strftime("%z")
    utc = "UTC" if not offset or offset == "+0000" else f"UTC{offset[:3]}:{offset[3:5]}"
    name = str(local.tzinfo)
    return utc if name.startswith("UTC") or "/" not in name else f"{name}, {utc}"
