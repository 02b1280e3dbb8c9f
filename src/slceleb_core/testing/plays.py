"""Videos that crash, hang or fail when they are processed, in any process: what runners and batches are tested with.

Other processes find plugins by their entry points, so nothing can be patched into them. :class:`Theatre` therefore
writes a distribution of a few lines that hands over the fake stages, with a detector that does to a video what the
video's name says (:data:`PARTS`).
"""

from __future__ import annotations

import ctypes
import logging
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np

from slceleb_core.disk.fingerprint import fingerprint
from slceleb_core.disk.removals import Removal, write_removal
from slceleb_core.jobs import BatchJob, Item, Order
from slceleb_core.profile import Profile, bind
from slceleb_core.registry import Registry
from slceleb_core.settings import Settings
from slceleb_core.testing.fakes import FakeDetector, FakePlugin
from slceleb_core.testing.pictures import BLUE, RED, Person, draw_person, write_video
from slceleb_core.testing.talker import SyntheticTalker
from slceleb_core.types import Faces, Frame, VideoInfo

log = logging.getLogger(__name__)

CUE = 10
"""Number of the frame at which a part is played: by then something has been computed."""

PATIENCE = 60.0
"""Seconds after which ``waits`` gives up, so that no test leaves a process behind for good."""

DISTRIBUTION = "slceleb-testing-plays"


def _segfault(_video: Path) -> None:
    ctypes.string_at(0)


def _killed(_video: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _exits(_video: Path) -> None:
    os._exit(3)


def _raises(_video: Path) -> None:
    raise RuntimeError("the detector fell over")


def _warns(_video: Path) -> None:
    log.warning("the light is poor", extra={"hint": "open the curtains"})


def _hangs(_video: Path) -> None:
    library = ctypes.PyDLL(None)  # unlike CDLL it keeps the interpreter's lock, as the worst native code does
    while True:
        library.pause()


def _waits(video: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not video.with_suffix(".go").exists():
        if time.monotonic() > end:
            raise RuntimeError("nobody came")
        time.sleep(0.01)


PARTS: Mapping[str, Callable[[Path], None]] = MappingProxyType(
    {
        "plays": lambda _video: None,
        "segfault": _segfault,
        "killed": _killed,
        "exits": _exits,
        "raises": _raises,
        "warns": _warns,
        "hangs": _hangs,
        "waits": _waits,
    }
)
"""What can be played: an ordinary video; a crash of native code; SIGKILL, as when memory runs out; the end of the
process; an exception; a log record; native code that never returns; a pause until :meth:`Theatre.go`."""


NOTHING = b"\xec\x80"
"""An element of Matroska that is void: behind a file it changes nothing but the file."""


class PlayDetector(FakeDetector):
    """Finds squares as its parent does, and plays the part that the video's name ends in: ``name.hangs.mkv``."""

    name = "plays"

    def start(self, video: VideoInfo) -> None:
        """Look up the part."""
        self._video = video.path
        self._part = PARTS.get(Path(video.path.stem).suffix[1:])

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """Play the part when its time has come, and find squares."""
        if self._part is not None and any(frame.index == CUE for frame in frames):
            self._video.with_suffix(".pid").write_text(str(os.getpid()))
            self._part(self._video)
        return super().detect(frames)


plugin = FakePlugin(detector=PlayDetector)
"""What the distribution's entry point names."""


class Theatre:
    """A stage for runners: plugins that every process finds, a job, and orders of which each plays a part.

    Parameters
    ----------
    root
        A folder of the test's own.

    Attributes
    ----------
    site
        The folder of the distribution: to be put on ``sys.path``, and on ``PYTHONPATH`` for other processes.
    output
        The batch's output folder.
    """

    def __init__(self, root: Path) -> None:
        self.site, self.output, self._videos = root / "site", root / "output", root / "videos"
        self.output.mkdir(parents=True)
        self._videos.mkdir()
        self._cache = root / "cache"
        _write_distribution(self.site)
        talker = SyntheticTalker(seed=1, duration=2.0)
        people = [Person(RED, (10.0, 30.0, 60.0, 90.0), talker)]
        self._original = write_video(root / "original.mkv", people, audio=talker.audio(), duration=2.0)

    def job(self, **changes: Any) -> BatchJob:
        """Return the job: fake stages, and results as JSON; `changes` are fields of ``BatchJob``."""
        fake, sinks = {"use": "fake"}, [{"use": "json"}]
        profile = Profile.model_validate({"detect": {"use": "plays"}, "embed": fake, "speaker": fake, "sinks": sinks})
        settings = Settings(cache=self._cache).model_dump()
        given = {"profile": _resolved(profile), "output_dir": self.output, "settings": settings, **changes}
        return BatchJob(**given)

    def order(self, part: str = "plays", name: str = "video", **changes: Any) -> Order:
        """Return the order of a new video that plays `part`; `changes` are fields of ``Item``."""
        video = self._videos / f"{name}.{part}.mkv"
        shutil.copyfile(self._original, video)
        return Order(name, Item(video, **changes), f"key of {name}")

    def photos(self) -> Path:
        """Return a folder of photos: of Ada, who is red as the one in the videos, and of Bo, who is blue."""
        folder = self.output.with_name("photos")
        folder.mkdir(exist_ok=True)
        for name, colour in (("Ada", RED), ("Bo", BLUE)):
            image = np.full((200, 200, 3), 120, dtype=np.uint8)
            draw_person(image, (40.0, 40.0, 160.0, 160.0), colour)
            (folder / f"{name}.png").write_bytes(cv2.imencode(".png", image[:, :, ::-1])[1].tobytes())
        return folder

    def remove_person(self, name: str) -> None:
        """Record that a person was removed from the corpus."""
        write_removal(self.output, Removal("person", "a test").about([name], None))

    def change(self, order: Order) -> None:
        """Make an order's video another file than those of all other orders, which are copies of one."""
        with order.item.video.open("ab") as file:
            file.write(NOTHING)

    def remove_video(self, order: Order) -> None:
        """Record that an order's video was removed from the corpus."""
        write_removal(self.output, Removal("video", "a test").about([fingerprint(order.item.video)], None))

    def go(self, order: Order) -> None:
        """Let a video that ``waits`` go on."""
        order.item.video.with_suffix(".go").touch()

    def process_of(self, order: Order) -> int | None:
        """Return the id of the process in which a video's part is being played, or was; None before."""
        try:
            return int(order.item.video.with_suffix(".pid").read_text())
        except (FileNotFoundError, ValueError):  # not begun, or being written
            return None


def _resolved(profile: Profile) -> dict[str, Any]:
    from slceleb_core import sinks

    return bind(profile, Registry.of(plugin, sinks)).resolved()


def _write_distribution(site: Path) -> None:
    """Write what an installed distribution consists of for ``importlib.metadata``."""
    folder = site / f"{DISTRIBUTION.replace('-', '_')}-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(f"[slceleb]\nplays = {__name__}:plugin\n")
