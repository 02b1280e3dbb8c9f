"""The command line with the fake stages installed, on small synthetic videos: no model file is needed."""

import sys
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from slceleb_core import hookimpl, review, sinks
from slceleb_core.batch.builtin import slceleb_runners
from slceleb_core.cli import main
from slceleb_core.manifests import MANIFESTS
from slceleb_core.registry import Broken, Origin, Registry
from slceleb_core.testing import BLUE, RED, FakePlugin, Person, SyntheticTalker, draw_person, write_video

TALKER = SyntheticTalker(seed=1, duration=3.0)

PROFILE = """
detect: {use: fake}
embed: {use: fake}
speaker: {use: fake}
sinks: [{use: json}]
"""


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


class BuiltIn:
    @hookimpl
    def slceleb_sinks(self):
        return [*sinks.slceleb_sinks(), *review.slceleb_sinks(), *MANIFESTS]

    @hookimpl
    def slceleb_runners(self):
        return slceleb_runners()


@pytest.fixture
def plugin():
    return FakePlugin()


@pytest.fixture
def installed(monkeypatch, plugin):
    """Install the fakes, the built-in sinks, and a plugin that does not load."""
    trace = 'Traceback (most recent call last):\n  File "lost.py", line 1\nImportError: no libfoo\n'
    lost = Broken(Origin("lost", "slceleb-lost", "0.3"), "ImportError: no libfoo", trace)
    own = (BuiltIn(), Origin("core-sinks", "slceleb-core", "1.0"))

    def discover():
        return Registry([(plugin, Origin("fakes", "slceleb-fakes", "2.0")), own], [lost])

    monkeypatch.setattr(Registry, "discover", discover)


@pytest.fixture
def slceleb(monkeypatch, capsys, tmp_path, installed):
    """Return a function that runs the command line as a shell would."""
    for name in ("MODELS", "DEVICE", "LOG_LEVEL", "OFFLINE"):
        monkeypatch.delenv(f"SLCELEB_{name}", raising=False)
    monkeypatch.setenv("SLCELEB_RUNNER", "inline")  # worker processes would not know of the fakes
    monkeypatch.setenv("SLCELEB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "300")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["slceleb", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        return Said(stop.value.code or 0, said.out, said.err)

    return run


@pytest.fixture
def fakes(tmp_path):
    """Return the file of a profile that uses the fake stages."""
    path = tmp_path / "fakes.yaml"
    path.write_text(PROFILE)
    return path


@pytest.fixture(scope="session")
def talking(tmp_path_factory):
    """Return a video in which the red one talks."""
    path = tmp_path_factory.mktemp("videos") / "talking.mkv"
    return write_video(path, [Person(RED, talker=TALKER)], audio=TALKER.audio(), duration=3.0)


@pytest.fixture
def photo():
    """Return a function that writes a photo of squares of these colours."""

    def write(path, *colours, side=60):
        image = np.full((120, 300, 3), 120, dtype=np.uint8)
        for place, colour in enumerate(colours):
            left = 15 + 90 * place
            draw_person(image, (left, 20, left + side, 20 + side), colour)
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), image[:, :, ::-1])
        return path

    return write


@pytest.fixture
def photos(tmp_path, photo):
    """Return a folder with a photo each of two people."""
    photo(tmp_path / "poi" / "Red.png", RED)
    photo(tmp_path / "poi" / "Blue" / "1.png", BLUE)
    return tmp_path / "poi"
