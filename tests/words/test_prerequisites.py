"""Credit requirements: what comes before an exam is in exactly one group, and in order."""

from hypothesis import given
from hypothesis import strategies as st

from edx_proctoring import prerequisites

KINDS = ("satisfied", "failed", "pending", "declined")

requirements = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.text(min_size=1, max_size=3),
            "namespace": st.sampled_from(["grade", "proctored_exam", "reverification"]),
            "order": st.none() | st.integers(0, 5),
            "status": st.sampled_from(["satisfied", "failed", "declined", "pending", "else", None]),
        }
    ),
    max_size=8,
)


def found(evaluated):
    return [entry for kind in KINDS for entry in evaluated[f"{kind}_prerequisites"]]


@given(requirements)
def test_each_is_in_one_group(entries):
    evaluated = prerequisites.evaluate(entries, None, ["grade"])
    kept = [entry for entry in entries if entry["namespace"] != "grade"]
    assert sorted(map(repr, found(evaluated))) == sorted(map(repr, kept))
    for kind in ("satisfied", "failed", "declined"):
        group = evaluated[f"{kind}_prerequisites"]
        assert {entry["status"] for entry in group} <= {kind}
        orders = [entry["order"] or 0 for entry in group]
        assert orders == sorted(orders)
    done = all(entry["status"] == "satisfied" for entry in kept)
    assert evaluated["are_prerequisites_satisifed"] is done


@given(requirements, st.integers(0, 7))
def test_later_requirements_are_ignored(entries, number):
    ordered = prerequisites.ordered(entries)
    name = ordered[number]["name"] if number < len(ordered) else "unknown"
    before = ordered
    for position, entry in enumerate(ordered):
        if entry["name"] == name:
            before = ordered[:position]
            break
    evaluated = prerequisites.evaluate(entries, name)
    assert len(found(evaluated)) == len(before)
    assert all(entry in before for entry in found(evaluated))


def test_the_callers_entries_are_not_modified():
    entry = {"name": "a", "namespace": "proctored_exam", "order": 1, "status": "failed"}
    evaluated = prerequisites.evaluate([entry])
    evaluated["failed_prerequisites"][0]["jumpto_url"] = "/a"
    assert "jumpto_url" not in entry


def test_no_requirements():
    assert prerequisites.evaluate([])["are_prerequisites_satisifed"] is True
    assert prerequisites.ordered([]) == []
