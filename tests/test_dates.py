"""Dates in words."""

import datetime

import pytest
from django.utils import translation

from edx_proctoring import dates

UTC = datetime.UTC
SUMMER = datetime.datetime(2026, 7, 1, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "zone", "text", "zone_text"),
    [
        ("en", "Europe/Berlin", "Wednesday, July 1, 2026, 6 p.m.", "Europe/Berlin, UTC+02:00"),
        ("de", "Europe/Berlin", "Mittwoch, 1. Juli 2026, 18:00", "Europe/Berlin, UTC+02:00"),
        ("fr", "Europe/Berlin", "mercredi 1 juillet 2026 à 18:00", "Europe/Berlin, UTC+02:00"),
        ("ar", "Europe/Berlin", "الأربعاء، 1 يوليو، 2026، 6:00 م", "Europe/Berlin, UTC+02:00"),
        ("zh-hans", "Asia/Shanghai", "2026年7月2日星期四 00:00", "Asia/Shanghai, UTC+08:00"),
        ("zh-cn", "Asia/Shanghai", "2026年7月2日星期四 00:00", "Asia/Shanghai, UTC+08:00"),
        ("en", "Asia/Kolkata", "Wednesday, July 1, 2026, 9:30 p.m.", "Asia/Kolkata, UTC+05:30"),
        ("en", "UTC", "Wednesday, July 1, 2026, 4 p.m.", "UTC"),
    ],
)
def test_language_and_zone(language, zone, text, zone_text):
    with translation.override(language):
        found = dates.in_words(SUMMER, dates.zone_named(zone))
    assert (found.text, found.zone) == (text, zone_text)
    assert datetime.datetime.fromisoformat(found.iso) == SUMMER


@pytest.mark.parametrize("name", [None, "", "Nowhere/Land", "../../etc/passwd"])
def test_unknown_zones_are_the_platforms(name):
    assert dates.in_words(SUMMER, dates.zone_named(name)).zone == "UTC"


def test_the_end_of_the_calendar():
    last = datetime.datetime.max.replace(tzinfo=UTC)
    assert dates.in_words(last, dates.zone_named("Asia/Tokyo")).zone == "UTC"
