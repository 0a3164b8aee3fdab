"""A mail server that accepts every e-mail and keeps none, in a process of its own."""

import multiprocessing
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event

GREETING = b"220 benchmark\r\n"
ACCEPTED = b"250 accepted\r\n"
SEND_TEXT = b"354 end with a dot\r\n"
CLOSED = b"221 closed\r\n"


@dataclass
class Running:
    """The server's port, and how many connections and e-mails it has accepted."""

    port: "Synchronized[int]"
    connections: "Synchronized[int]"
    received: "Synchronized[int]"


class _Connection(socketserver.StreamRequestHandler):
    counts: Running

    def handle(self) -> None:
        self.counts.connections.value += 1
        self.wfile.write(GREETING)
        for line in self.rfile:
            command = line[:4].upper()
            if command == b"DATA":
                self.wfile.write(SEND_TEXT)
                self._read_text()
                self.counts.received.value += 1
            elif command == b"QUIT":
                self.wfile.write(CLOSED)
                return
            self.wfile.write(ACCEPTED)

    def _read_text(self) -> None:
        while self.rfile.readline() not in (b".\r\n", b""):
            pass


def _serve(counts: Running, is_ready: Event) -> None:
    _Connection.counts = counts
    with socketserver.TCPServer(("127.0.0.1", 0), _Connection) as server:
        counts.port.value = server.server_address[1]
        is_ready.set()
        server.serve_forever()


@contextmanager
def running() -> Iterator[Running]:
    """Start the server, one connection at a time."""
    processes = multiprocessing.get_context("spawn")
    counts = Running(*(processes.Value("i", 0) for _ in range(3)))
    is_ready = processes.Event()
    process = processes.Process(target=_serve, args=(counts, is_ready), daemon=True)
    process.start()
    try:
        assert is_ready.wait(timeout=30)
        yield counts
    finally:
        process.terminate()
        process.join()
