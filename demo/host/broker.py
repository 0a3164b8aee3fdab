"""A file-based broker that never shows incomplete messages.

Celery's own writes a message in place: a worker that reads it at this moment finds an empty file and stops.
"""

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

SCHEME = "files"


class Channel(filesystem.Channel):
    """Writes messages atomically."""

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        message = Path(self.data_folder_out) / name
        unfinished = message.with_name(f"{name}.part")
        unfinished.write_text(dumps(payload), encoding="utf-8")
        unfinished.rename(message)


class Transport(filesystem.Transport):
    """The transport `files://`."""

    Channel = Channel


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:{Transport.__name__}"
