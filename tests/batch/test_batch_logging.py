"""What workers say, on its way into the log of the batch."""

import logging

from slceleb_core.batch.batch_logging import WorkerLogs
from slceleb_core.jobs import Logged


def test_what_is_said_of_photos_is_said_once_and_of_no_video(caplog):
    forward = WorkerLogs()
    for name in ("a", "b"):
        forward(
            Logged(
                name, logging.WARNING, "slceleb_core.perception.photos.telling", "photo not used: 1.jpg: no face found"
            )
        )
        forward(Logged(name, logging.WARNING, "slceleb_core.media", "the sound is poor"))
    assert [record.getMessage() for record in caplog.records] == [
        "photo not used: 1.jpg: no face found",
        "a: the sound is poor",
        "b: the sound is poor",
    ]
