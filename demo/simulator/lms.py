"""The simulator as a client of the LMS, with its own OAuth2 application and JWTs."""

import time
from typing import Any

import requests

READY = "/api/edx_proctoring/v1/proctored_exam/attempt/{attempt_id}/ready"
RPNOW_REVIEWED = "/api/edx_proctoring/proctoring_review_callback/"
REVIEWED = "/api/edx_proctoring/v1/proctored_exam/attempt/{attempt_id}/reviewed"


class Lms:
    """Sends requests to the ``lms_host`` from which an attempt was registered."""

    def __init__(self, client_id: str, client_secret: str, *, timeout: float = 10) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.timeout = timeout
        self._tokens: dict[str, tuple[str, float]] = {}

    def post(self, lms_host: str, path: str, body: dict[str, Any]) -> requests.Response:
        """Return the LMS's response, whatever its status; raises ``requests.RequestException``."""
        response = requests.post(
            lms_host.rstrip("/") + path,
            json=body,
            headers={"Authorization": f"JWT {self._token(lms_host)}"},
            timeout=self.timeout,
        )
        if response.status_code in (401, 403):
            self._tokens.pop(lms_host, None)
        return response

    def post_anonymously(self, lms_host: str, path: str, body: dict[str, Any]) -> requests.Response:
        """Send a request without authentication, as PSI does: code and locator of the attempt identify the provider."""
        return requests.post(lms_host.rstrip("/") + path, json=body, timeout=self.timeout)

    def _token(self, lms_host: str) -> str:
        token, good_until = self._tokens.get(lms_host, ("", 0.0))
        if time.time() < good_until:
            return token
        response = requests.post(
            lms_host.rstrip("/") + "/oauth2/access_token",
            data={
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "token_type": "jwt",
            },
            timeout=self.timeout,
        )
        response.raise_for_status()
        answer = response.json()
        token = str(answer["access_token"])
        self._tokens[lms_host] = (token, time.time() + int(answer["expires_in"]) - 30)
        return token
