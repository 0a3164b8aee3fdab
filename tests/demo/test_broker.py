"""The demo's file-based broker."""

from queue import Empty

import pytest
from kombu import Connection

from demo.host import broker


@pytest.fixture
def channel(tmp_path):
    names = ("data_folder_in", "data_folder_out", "control_folder")
    folders = {name: str(tmp_path) for name in names}
    with Connection(f"{broker.SCHEME}://", transport_options=folders) as connection:
        yield connection.default_channel


def test_messages_come_once(channel):
    for number in range(3):
        channel._put("q", {"number": number})
    channel._put("other", {"number": 4711})
    assert sorted(channel._get("q")["number"] for _ in range(3)) == [0, 1, 2]
    with pytest.raises(Empty):
        channel._get("q")


def test_a_message_is_visible_only_once_it_is_complete(channel):
    class Looks:
        """Reads the queue at the moment of the last write."""

        def __json__(self):
            with pytest.raises(Empty):
                channel._get("q")
            return "looked"

    channel._put("q", {"text": Looks()})
    assert channel._get("q") == {"text": "looked"}
