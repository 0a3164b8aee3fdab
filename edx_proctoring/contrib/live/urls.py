"""Routes below `/api/edx_proctoring/v2/courses/{course_id}/`, and who may call them."""

from collections.abc import Mapping

from django.urls import re_path

from edx_proctoring.contrib.live.rooms import may_invigilate
from edx_proctoring.contrib.live.views.actions import (
    BoardActionViewSet,
    BoardTimeChangeViewSet,
)
from edx_proctoring.contrib.live.views.announcements import (
    AnnouncementViewSet,
    QuestionViewSet,
)
from edx_proctoring.contrib.live.views.board import BoardViewSet
from edx_proctoring.contrib.live.views.learners import OwnAttemptViewSet
from edx_proctoring.contrib.live.views.log import LogExport, LogViewSet
from edx_proctoring.contrib.live.views.outages import CreditViewSet, LostTimeViewSet, OutageViewSet
from edx_proctoring.contrib.live.views.page import LivePage
from edx_proctoring.contrib.live.views.rooms import InvigilatorViewSet, RoomViewSet
from edx_proctoring.extensions import Role
from edx_proctoring.views.permissions import ANY_USER, COURSE_STAFF

MINE = r"^live/mine/(?P<attempt_id>\d{1,20})/"
CHANGE = r"^live/time-changes/(?P<change_id>\d{1,20})/"
OUTAGE = r"^outages/(?P<outage_id>\d{1,20})/"

PAGES = [re_path(r"^live/$", LivePage.as_view(), name="pages.proctoring_live")]

V2 = [
    re_path(r"^live/$", BoardViewSet.as_view({"get": "board"}), name="proctoring_live.board"),
    re_path(
        r"^live/rooms/$",
        RoomViewSet.as_view({"get": "rooms", "post": "seat"}),
        name="proctoring_live.rooms",
    ),
    re_path(
        r"^live/invigilators/$",
        InvigilatorViewSet.as_view({"post": "appoint", "delete": "dismiss"}),
        name="proctoring_live.invigilators",
    ),
    re_path(
        r"^live/announcements/$",
        AnnouncementViewSet.as_view({"get": "list", "post": "create"}),
        name="proctoring_live.announcements",
    ),
    re_path(
        r"^live/announcements/(?P<announcement_id>\d{1,20})/$",
        AnnouncementViewSet.as_view({"delete": "withdraw"}),
        name="proctoring_live.announcement",
    ),
    re_path(
        r"^live/questions/(?P<question_id>\d{1,20})/$",
        QuestionViewSet.as_view({"delete": "close"}),
        name="proctoring_live.question",
    ),
    re_path(
        r"^live/time-changes/$",
        BoardTimeChangeViewSet.as_view({"get": "list", "post": "create"}),
        name="proctoring_live.time_changes",
    ),
    re_path(
        f"{CHANGE}$",
        BoardTimeChangeViewSet.as_view({"get": "retrieve"}),
        name="proctoring_live.time_change",
    ),
    re_path(
        f"{CHANGE}undo/$",
        BoardTimeChangeViewSet.as_view({"post": "undo"}),
        name="proctoring_live.time_change.undo",
    ),
    re_path(
        r"^live/actions/$",
        BoardActionViewSet.as_view({"post": "act"}),
        name="proctoring_live.actions",
    ),
    re_path(
        r"^live/actions/(?P<action_id>\d{1,20})/$",
        BoardActionViewSet.as_view({"get": "retrieve"}),
        name="proctoring_live.action",
    ),
    re_path(r"^live/log/$", LogViewSet.as_view({"get": "list"}), name="proctoring_live.log"),
    re_path(
        r"^live/log/export/$",
        LogExport.as_view({"get": "export"}),
        name="proctoring_live.log.export",
    ),
    re_path(
        f"{MINE}announcements/(?P<announcement_id>\\d{{1,20}})/seen/$",
        OwnAttemptViewSet.as_view({"post": "seen"}),
        name="proctoring_live.mine.seen",
    ),
    re_path(
        f"{MINE}questions/$",
        OwnAttemptViewSet.as_view({"post": "ask"}),
        name="proctoring_live.mine.questions",
    ),
    re_path(
        f"{MINE}questions/(?P<question_id>\\d{{1,20}})/$",
        OwnAttemptViewSet.as_view({"delete": "lower"}),
        name="proctoring_live.mine.question",
    ),
    re_path(
        r"^outages/$",
        OutageViewSet.as_view({"get": "list", "post": "create"}),
        name="proctoring_live.outages",
    ),
    re_path(
        r"^outages/preview/$",
        OutageViewSet.as_view({"post": "preview"}),
        name="proctoring_live.outages.preview",
    ),
    re_path(
        f"{OUTAGE}$",
        OutageViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="proctoring_live.outage",
    ),
    re_path(
        f"{OUTAGE}attempts/$",
        LostTimeViewSet.as_view({"get": "list"}),
        name="proctoring_live.outage.attempts",
    ),
    re_path(
        f"{OUTAGE}credit/$",
        CreditViewSet.as_view({"post": "credit"}),
        name="proctoring_live.outage.credit",
    ),
]

# Course staff, and invigilators of one of its rooms, who see and act on these rooms only.
STAFF_OF_ROOMS = may_invigilate

ROLES: Mapping[str, Mapping[str, Role]] = {
    "proctoring_live.board": {"get": STAFF_OF_ROOMS},
    "proctoring_live.rooms": {"get": COURSE_STAFF, "post": COURSE_STAFF},
    "proctoring_live.invigilators": {"post": COURSE_STAFF, "delete": COURSE_STAFF},
    "proctoring_live.announcements": {"get": STAFF_OF_ROOMS, "post": STAFF_OF_ROOMS},
    "proctoring_live.announcement": {"delete": STAFF_OF_ROOMS},
    "proctoring_live.question": {"delete": STAFF_OF_ROOMS},
    "proctoring_live.time_changes": {"get": STAFF_OF_ROOMS, "post": STAFF_OF_ROOMS},
    "proctoring_live.time_change": {"get": STAFF_OF_ROOMS},
    "proctoring_live.time_change.undo": {"post": STAFF_OF_ROOMS},
    "proctoring_live.actions": {"post": STAFF_OF_ROOMS},
    "proctoring_live.action": {"get": STAFF_OF_ROOMS},
    "proctoring_live.log": {"get": STAFF_OF_ROOMS},
    "proctoring_live.log.export": {"get": STAFF_OF_ROOMS},
    # For the learner whose attempt it is, which the view checks.
    "proctoring_live.mine.seen": {"post": ANY_USER},
    "proctoring_live.mine.questions": {"post": ANY_USER},
    "proctoring_live.mine.question": {"delete": ANY_USER},
    "proctoring_live.outages": {"get": COURSE_STAFF, "post": COURSE_STAFF},
    "proctoring_live.outages.preview": {"post": COURSE_STAFF},
    "proctoring_live.outage": {"get": COURSE_STAFF, "patch": COURSE_STAFF},
    "proctoring_live.outage.attempts": {"get": COURSE_STAFF},
    "proctoring_live.outage.credit": {"post": COURSE_STAFF},
}
