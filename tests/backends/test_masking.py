"""The filter that removes secrets guards the logs of a provider's package."""

import logging

import pytest

from edx_proctoring.backends import masking


@pytest.fixture
def logger():
    """A factory of loggers; the filter is removed from them afterwards."""
    made = []

    def make(name):
        made.append(logging.getLogger(name))
        return made[-1]

    yield make
    for one in made:
        one.removeFilter(masking.FILTER)


def test_all_existing_loggers_of_the_providers_package_are_guarded_and_no_others(logger):
    names = ("acme_exams.provider", "acme_exams", "acme_exams.net.retry", "acme_exams_tools", "zzz")
    loggers = [logger(name) for name in names]
    provider = type("Provider", (), {"__module__": "acme_exams.provider"})
    masking.guard_logs_of(provider)
    guarded = [one.name for one in loggers if masking.FILTER in one.filters]
    assert guarded == ["acme_exams.provider", "acme_exams", "acme_exams.net.retry"]
