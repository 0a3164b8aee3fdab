"""HTTP clients of users who send arbitrary requests."""

import itertools
import uuid
from typing import Any

import requests

from demo.clients import API, Visitor
from demo.host.models import Enrollment
from demo.host.seed import COURSE_ID
from edx_proctoring import api
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from tests.sessions import signed_in

Attempt = ProctoredExamStudentAttempt
CALLBACKS = "/api/edx_proctoring"
V1 = f"{CALLBACKS}/v1"
QUESTIONS = "questions"
PATIENCE = 30  # seconds; nothing may take longer, however busy the machine is
_numbers = itertools.count(1)


def unique(word: str) -> str:
    """Return a name that no other test uses."""
    return f"{word}{next(_numbers)}x{uuid.uuid4().hex[:6]}"


class Person(Visitor):
    """A client, authenticated if it has a user."""

    def __init__(self, base: str, user: Any = None) -> None:
        self.base, self.user = base, user
        self.username = user.username if user else ""
        self.session = signed_in(user) if user else requests.Session()
        self.session.get(f"{base}/", timeout=20)  # the token against forgery

    def request(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send any request, with the CSRF token."""
        headers = {
            "X-CSRFToken": self.session.cookies.get("csrftoken", ""),
            "Referer": f"{self.base}/",
            **more.pop("headers", {}),
        }
        if method == "HEAD":
            headers["Connection"] = "close"  # the server sends the body, too
        url = f"{self.base}{path}"
        return self.session.request(method, url, headers=headers, timeout=PATIENCE, **more)

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send any request to the REST interface of attempts; redirects are not followed."""
        return self.request(method, f"{API}/{path}", allow_redirects=False, **more)

    def create(self, exam: int, proctored: bool = False, start_clock: bool = False) -> Any:
        """Return the response to the creation of an attempt."""
        body = {"exam_id": exam, "attempt_proctored": proctored, "start_clock": start_clock}
        return self.send("POST", "attempt", json=body)

    def created(self, exam: int, proctored: bool = False, start_clock: bool = False) -> int:
        """Create an attempt and return its id."""
        answer = self.create(exam, proctored, start_clock)
        assert answer.status_code == 200, answer.text[:300]
        return int(answer.json()["exam_attempt_id"])

    def put(self, attempt_id: int, action: Any, **more: Any) -> requests.Response:
        """Perform an action on an attempt."""
        return self.send("PUT", f"attempt/{attempt_id}", json={"action": action, **more})

    def started(self, exam: int) -> int:
        """Set up and start a proctored exam; return the attempt's id."""
        attempt_id = self.created(exam, proctored=True)
        api.update_attempt_status(attempt_id, "ready_to_start")  # says the provider
        answer = self.put(attempt_id, "start")
        assert answer.status_code == 200, answer.text[:300]
        return attempt_id

    def sees(self, exam: int, course_id: str = COURSE_ID) -> str:
        """Return the name of the learner's screen, or "questions"."""
        content_id = ProctoredExam.objects.get(pk=exam).content_id
        page = self.get(f"/courses/{course_id}/courseware/{content_id}")
        assert page.status_code == 200, page.status_code
        if 'class="question"' in page.text:
            return QUESTIONS
        return page.text.split('data-screen="', 1)[1].split('"', 1)[0]

    def sees_strictly(self, exam: int) -> str:
        """Return the same on a host that does not allow opting out."""
        content_id = ProctoredExam.objects.get(pk=exam).content_id
        return str(self.get(f"/strict/{COURSE_ID}/{content_id}").json()["screen"])

    def can_answer(self, exam: int) -> bool:
        """Return whether an answer to a question is accepted."""
        form = {"content_id": ProctoredExam.objects.get(pk=exam).content_id, "question": "0"}
        return self.post("/answer", {**form, "text": "Riga"}).status_code == 200

    def call_start(self, code: str, method: str = "GET", query: str = "", **more: Any) -> Any:
        """Call the start callback as the provider does."""
        path = f"{CALLBACKS}/proctoring_launch_callback/start_exam/{code}{query}"
        return self.request(method, path, allow_redirects=False, **more)

    def post_review(self, code: str, locator: str, status: str = "Clean") -> requests.Response:
        """Post a review in RPNow's name."""
        review = {
            "examDate": "Jul 15 2026 05:29:13 GMT",
            "examProcessingStatus": "Review Completed",
            "examTakerEmail": "4d07a01a-1502-422e-b943-93ac04dc6ced",
            "examTakerFirstName": "Ann",
            "examTakerLastName": "Onymous",
            "keySetVersion": "",
            "examApiData": {},
            "examMetaData": {"examCode": code, "ssiRecordLocator": locator},
            "overallComments": ";Candidates should always wear suit and tie for exams.",
            "reviewStatus": status,
            "reviewedBy": "",
            "userPhotoBase64String": "",
            "videoReviewLink": "https://www.example.com/",
            "webCamComments": [],
            "desktopComments": [],
        }
        return self.request("POST", f"{CALLBACKS}/proctoring_review_callback/", json=review)


def enroll(user: Any, course_id: str = COURSE_ID, is_staff: bool = False) -> None:
    """Enroll the user as a verified learner, or make them course staff."""
    Enrollment.objects.create(user=user, course_id=course_id, mode="verified", is_staff=is_staff)
