"""The public functions of this app, for other Django code. These functions do not check permissions.

Outages: declare them, find the affected attempts, and give the lost time back. Rooms: assign learners and invigilators.
Announcements and questions. The board: everybody who is in an exam now, and a view of it. The log of what staff did.
"""

from edx_proctoring.contrib.live.actions import chosen
from edx_proctoring.contrib.live.announcements import (
    AnnouncementNotAllowed,
    Audience,
    Sent,
    announce,
    announcements_of_course,
    note_seen,
    waiting_for,
    with_counts,
    withdraw,
)
from edx_proctoring.contrib.live.board import Board, build
from edx_proctoring.contrib.live.log import Log
from edx_proctoring.contrib.live.outages import (
    KIND,
    Credit,
    OutageNotAllowed,
    affected_attempts,
    change_outage,
    check,
    credit,
    credit_outage,
    declare_outage,
    new_outage,
    outages_of_course,
    preview_outage,
    progressed,
)
from edx_proctoring.contrib.live.questions import (
    QuestionNotAllowed,
    ask,
    close,
    open_question,
    questions_of_course,
)
from edx_proctoring.contrib.live.rooms import (
    Room,
    RoomNotAllowed,
    Scope,
    Seating,
    appoint,
    dismiss,
    may_invigilate,
    rooms_of_course,
    scope_of,
    seat_learners,
)
from edx_proctoring.contrib.live.selection import Choice, View, view_of

__all__ = [
    "AnnouncementNotAllowed",
    "Audience",
    "Board",
    "Choice",
    "Credit",
    "KIND",
    "Log",
    "OutageNotAllowed",
    "QuestionNotAllowed",
    "Room",
    "RoomNotAllowed",
    "Scope",
    "Seating",
    "Sent",
    "View",
    "affected_attempts",
    "announce",
    "announcements_of_course",
    "appoint",
    "ask",
    "build",
    "change_outage",
    "check",
    "chosen",
    "close",
    "credit",
    "credit_outage",
    "declare_outage",
    "dismiss",
    "may_invigilate",
    "new_outage",
    "note_seen",
    "open_question",
    "outages_of_course",
    "preview_outage",
    "progressed",
    "questions_of_course",
    "rooms_of_course",
    "scope_of",
    "seat_learners",
    "view_of",
    "waiting_for",
    "with_counts",
    "withdraw",
]
