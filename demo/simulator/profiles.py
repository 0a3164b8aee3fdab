"""Onboarding profiles, derived from the results of a learner's practice attempts."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from demo.simulator.store import Row, Store

VALID_FOR = timedelta(days=365)
PAGE_SIZE = 20


def profiles(store: Store, course_id: str) -> list[Row]:
    """Return one row per learner seen in ``course_id``: ``user_id, status, expiration_date``.

    An approval in another course counts; a later attempt replaces an earlier result.
    """
    here = {row["user_id"] for row in store.attempts(course_id) if not row["deleted"]}
    known: dict[str, Row] = {user_id: _profile(user_id, "no-profile") for user_id in here}
    for attempt in store.attempts():
        user_id = attempt["user_id"]
        if user_id in here and not attempt["deleted"] and attempt["body"].get("is_sample_attempt"):
            status = _status(attempt, course_id)
            if status and known[user_id]["status"] != "approved-in-course":
                known[user_id] = _profile(user_id, status, attempt["created"])
    return list(known.values())


def _status(attempt: Row, course_id: str) -> str | None:
    elsewhere = attempt["course_id"] != course_id
    outcome = (attempt["reviewed"] or {}).get("status")
    if outcome == "passed":
        return "approved-in-different-course" if elsewhere else "approved-in-course"
    if elsewhere:
        return None
    if outcome:
        return "rejected"
    return "pending" if attempt["status"] == "submitted" else None


def _profile(user_id: str, status: str, created: float | None = None) -> Row:
    expires = None
    if created is not None and status.startswith("approved"):
        moment = datetime.fromtimestamp(created, UTC) + VALID_FOR
        expires = moment.isoformat()
        status = "expired" if moment < datetime.now(UTC) else status
    return {"user_id": user_id, "status": status, "expiration_date": expires}


def profiles_page(known: list[Row], url: str, query: dict[str, str]) -> Row:
    """Return a page of the profiles that match the query's ``status`` (comma-separated)."""
    wanted = [word for word in query.get("status", "").split(",") if word]
    found = [row for row in known if not wanted or row["status"] in wanted]
    size = _number(query.get("page_size"), PAGE_SIZE)
    pages = max(-(-len(found) // size), 1)
    page = min(_number(query.get("page"), 1), pages)

    def link(number: int) -> str | None:
        if not 1 <= number <= pages:
            return None
        return f"{url}?{urlencode({**query, 'page': number})}"

    return {
        "results": found[(page - 1) * size : page * size],
        "count": len(found),
        "num_pages": pages,
        "next": link(page + 1),
        "previous": link(page - 1),
    }


def _number(text: str | None, otherwise: int) -> int:
    return max(int(text), 1) if text and text.isdigit() else otherwise
