"""HTTP clients that use the demo like browsers."""

import re
import uuid
from typing import Any

import requests

from demo.host.seed import COURSE_ID

API = "/api/edx_proctoring/v1/proctored_exam"
COURSE = f"/api/edx_proctoring/v2/courses/{COURSE_ID}"
TIMEOUT = 45


class Visitor:
    """A client with one authenticated user."""

    def __init__(self, base: str, username: str) -> None:
        self.base = base
        self.username = username
        self.session = requests.Session()
        self.session.get(f"{base}/", timeout=TIMEOUT).raise_for_status()
        response = self.post("/", {"username": username})
        assert response.ok, f"{username} could not sign in: {response.status_code}"

    def request(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> requests.Response:
        """Send any request, with the CSRF token, as the page scripts do."""
        url = path if path.startswith("http") else f"{self.base}{path}"
        headers = {
            **(headers or {}),
            "X-CSRFToken": self.session.cookies.get("csrftoken", ""),
            "Referer": f"{self.base}/",
        }
        return self.session.request(method, url, headers=headers, timeout=TIMEOUT, **more)

    def get(self, path: str) -> requests.Response:
        """Send a GET request."""
        return self.request("GET", path)

    def post(self, path: str, data: dict[str, Any]) -> requests.Response:
        """Submit a form."""
        return self.request("POST", path, data=data)

    def once(self, path: str, **more: Any) -> Any:
        """Send a POST request to the course's resources in REST v2; return the response."""
        headers = {"Idempotency-Key": uuid.uuid4().hex, **more.pop("headers", {})}
        response = self.request("POST", f"{COURSE}/{path}", headers=headers, **more)
        assert response.ok, f"{path}: {response.status_code} {response.text[:300]}"
        return response.json()

    def page(self, content_id: str) -> str:
        """Return the exam's page."""
        response = self.get(f"/courses/{COURSE_ID}/courseware/{content_id}")
        assert response.ok, f"the exam's page answers {response.status_code}"
        return response.text

    def screen(self, content_id: str) -> str:
        """Return the name of the screen on the exam's page; 'questions' if it shows the exam."""
        found = re.search(r'data-screen="([^"]+)"', self.page(content_id))
        return found.group(1) if found else "questions"

    def enter(self, exam_id: int) -> int:
        """Create a proctored attempt."""
        data = {"exam_id": exam_id, "attempt_proctored": "true", "start_clock": "false"}
        response = self.post(f"{API}/attempt", data)
        assert response.ok, f"{response.status_code} {response.text[:300]}"
        return int(response.json()["exam_attempt_id"])

    def act(self, attempt_id: int, action: str) -> None:
        """Send the same request as a button of the screens."""
        response = self.request("PUT", f"{API}/attempt/{attempt_id}", data={"action": action})
        assert response.ok, f"{action}: {response.status_code} {response.text[:300]}"

    def attempt(self, attempt_id: int) -> dict[str, Any]:
        """Poll as the page does."""
        response = self.get(f"{API}/attempt/{attempt_id}")
        assert response.ok, f"{response.status_code} {response.text[:300]}"
        found: dict[str, Any] = response.json()
        return found

    def admin_form(self, path: str) -> dict[str, str]:
        """Return the values of a form in Django admin."""
        page = self.get(path)
        assert page.ok, f"{path} answers {page.status_code}"
        values = {}
        for select in re.finditer(r'<select name="(\w+)".*?</select>', page.text, re.DOTALL):
            chosen = re.search(r'<option value="([^"]*)" selected', select.group(0))
            values[select.group(1)] = chosen.group(1) if chosen else ""
        return values
