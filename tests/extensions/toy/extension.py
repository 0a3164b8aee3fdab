"""An extension that uses every hook."""

from fractions import Fraction

from django.http import JsonResponse
from django.urls import path

from edx_proctoring import extensions
from edx_proctoring.extensions import (
    MessageHandler,
    Routes,
    StaffSection,
    TimelineEntry,
)
from edx_proctoring.outbox import Draft
from edx_proctoring.timing import ExtraTime
from edx_proctoring.views.permissions import COURSE_STAFF
from tests.extensions.toy.models import Note


def notes_page(_request, course_id):
    """A route of the toy's."""
    return JsonResponse({"course": course_id})


class Toy(extensions.Extension):
    """Remembers changes, doubles time, and says hello."""

    name = "proctoring_toy"

    def __init__(self):
        self.delivered = []
        self.polled = []

    def time_for(self, exam, user_id):
        return ExtraTime(Fraction(2), 5)

    def times_for(self, pairs):
        return [ExtraTime(Fraction(2), 5)] * len(pairs)

    def registration_context(self, exam, user_id):
        return {"review_policy_exception": "toy", "camera_exempt": True, "full_name": "overwritten"}

    def screen_for(self, learner):
        learner.context["greeting"] = "hello"
        return "toy/screen.html" if learner.status is None else None

    def poll_data(self, attempt):
        return {"announcements": ["hello"], "status": "overwritten"}

    def on_poll(self, attempt_id, status, shows_messages):
        self.polled.append((attempt_id, status))

    def on_change(self, change):
        text = f"{change.before} -> {change.after}"
        Note.objects.create(attempt_id=change.attempt.pk, user_id=change.attempt.user_id, text=text)
        key = f"toy:{change.attempt.pk}:{change.after}"
        return [Draft("toy", key, "toy", {"text": text})]

    def message_kinds(self):
        return {
            "toy": MessageHandler(lambda message: self.delivered.append(message.payload["text"]))
        }

    def timeline(self, attempt):
        return [
            TimelineEntry(note.created, note.text, notes=["a note"])
            for note in Note.objects.filter(attempt_id=attempt.pk)
        ]

    def personal_data(self, user_id):
        return Note.objects.filter(user_id=user_id).values("attempt_id", "text")

    def retire(self, user_id):
        Note.objects.filter(user_id=user_id).delete()

    def urls(self):
        return Routes(
            v2=[path("notes/", notes_page, name="toy.notes")],
            pages=[path("toy/", notes_page, name="toy.page")],
        )

    def roles(self):
        return {"toy.notes": {"get": COURSE_STAFF}}

    def periodic_tasks(self):
        return {"toy: tidy": {"task": "toy.tasks.tidy", "schedule": 60.0}}

    def staff_sections(self, course_id, user):
        return [StaffSection("toy", "Notes", "toy-notes", ["toy/notes.js"])]
