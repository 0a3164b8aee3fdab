"""The circuit breaker, with its state in this process or in the shared cache."""

import time

import pytest
import time_machine
from django.core.cache import cache as django_cache

from edx_proctoring import cache, circuit_breaker
from edx_proctoring.circuit_breaker import CircuitBreaker, ProcessMemory


@pytest.fixture
def clock(monkeypatch):
    """Move both clocks: the cache uses the time of day, the process the monotonic clock."""
    began = time.monotonic()
    with time_machine.travel(1_900_000_000, tick=False) as moved:
        passed = lambda: time.time() - 1_900_000_000  # noqa: E731  a local shorthand
        monkeypatch.setattr(circuit_breaker.time, "monotonic", lambda: began + passed())
        yield moved
    django_cache.clear()


@pytest.fixture(params=["process", "cache"])
def breaker(request, clock):
    store = cache if request.param == "cache" else ProcessMemory()
    return lambda **more: CircuitBreaker("one name\n", 20, store, **more)


def test_it_opens_after_consecutive_failures(breaker):
    one = breaker(failures=3)
    assert [one.note(failed=True) for _ in range(4)] == [None, None, "opened", None]
    began = 1_900_000_000
    assert one.state() == circuit_breaker.State(4, began, began, began)
    assert one.state().since.isoformat() == "2030-03-17T17:46:40+00:00"


def test_a_success_resets_the_count(breaker):
    one = breaker(failures=2)
    assert [one.note(failed=failed) for failed in (True, False, True)] == [None, "closed", None]
    assert one.admits()


def test_while_open_it_admits_one_call_per_pause(breaker, clock):
    one = breaker(memory=120)
    one.note(failed=True)
    assert not one.admits()
    clock.shift(21)
    assert [one.admits() for _ in range(3)] == [True, False, False]
    clock.shift(21)
    assert [one.admits() for _ in range(2)] == [True, False]


def test_a_success_closes_it(breaker):
    one = breaker(memory=120)
    one.note(failed=True)
    assert one.note(failed=False) == "closed"
    assert one.note(failed=False) is None
    assert one.admits()
    assert not one.state().is_down


def test_without_a_longer_memory_the_end_of_the_pause_closes_it(breaker, clock):
    one = breaker()
    one.note(failed=True)
    clock.shift(15)
    assert one.state().is_down
    one.note(failed=True)  # the pause begins anew
    clock.shift(15)
    assert one.state().is_down
    clock.shift(6)
    assert not one.state().is_down
    assert [one.admits() for _ in range(2)] == [True, True]


def test_an_outage_is_reported_longer_than_it_stops_calls(breaker, clock):
    one = breaker(memory=120, report=900)
    one.note(failed=True)
    began = one.state().since
    clock.shift(121)
    assert one.admits()
    assert (one.state().is_down, one.state().last_known_down_since) == (False, began)
    one.note(failed=True)  # the outage goes on
    clock.shift(899)
    assert (one.state().last_known_down_since, one.state().last_try) != (None, began)
    assert one.state().last_known_down_since == began
    clock.shift(1)
    assert one.state() == circuit_breaker.State()


def test_a_success_ends_the_report(breaker, clock):
    one = breaker(memory=120, report=900)
    one.note(failed=True)
    clock.shift(121)
    assert one.note(failed=False) == "closed"
    assert one.state() == circuit_breaker.State()


def test_failures_are_forgotten(breaker, clock):
    one = breaker(failures=2, memory=60)
    one.note(failed=True)
    clock.shift(61)
    assert one.note(failed=True) is None


def test_a_state_from_elsewhere_is_used(breaker):
    one = breaker()
    assert [one.admits(is_down=True) for _ in range(2)] == [True, False]
    assert one.admits()


def test_each_name_has_its_own_breaker(clock):
    store = ProcessMemory()
    CircuitBreaker("a", 20, store).note(failed=True)
    assert CircuitBreaker("a", 20, store).state().is_down
    assert not CircuitBreaker("b", 20, store).state().is_down
    store.clear()
    assert not CircuitBreaker("a", 20, store).state().is_down
