"""What workers say, on its way into the log of the batch."""

import logging

from slceleb_core.batch.orders import Logged
from slceleb_core.batch.relay import Relay


def test_what_is_said_of_photos_is_said_once_and_of_no_video(caplog):
    relay = Relay()
    for name in ("a", "b"):
        relay(Logged(name, logging.WARNING, "slceleb_core.photos.telling", "photo not used: 1.jpg: no face found"))
        relay(Logged(name, logging.WARNING, "slceleb_core.media", "the sound is poor"))
    assert [record.getMessage() for record in caplog.records] == [
        "photo not used: 1.jpg: no face found",
        "a: the sound is poor",
        "b: the sound is poor",
    ]
