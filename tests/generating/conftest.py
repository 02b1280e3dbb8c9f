"""A recording of a square that talks, photos, and a consent: all that making lips fit needs, without a model."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from slceleb_core.generating import Order
from slceleb_core.generating.certificate import own_signing
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile, bind_stage
from slceleb_core.registry import Registry
from slceleb_core.testing import (
    BLUE,
    RED,
    FakeMeshingDetector,
    FakePlugin,
    Person,
    SyntheticTalker,
    builders,
    draw_person,
    write_video,
)

TALKER = SyntheticTalker(seed=1, duration=3.0)

CONSENT = """
person: Red
purpose: A test, in which a square talks.
video: any
sound: any
given: 2026-01-31
signed_by: Red
recorded_by: Whoever runs these tests
"""

STAGES = {"detect": {"use": "fake-meshing"}, "embed": {"use": "fake"}, "speaker": {"use": "fake"}, "sinks": []}


@pytest.fixture
def registry():
    return Registry.of(FakePlugin(detector=FakeMeshingDetector))


@pytest.fixture
def context():
    return builders.context()


@pytest.fixture(scope="session")
def signing(tmp_path_factory):
    pytest.importorskip("c2pa", reason="c2pa-python is not installed")
    return own_signing(tmp_path_factory.mktemp("settings") / "signing")


@pytest.fixture
def photos(tmp_path):
    for name, colour in (("Red", RED), ("Blue", BLUE)):
        image = np.full((120, 120, 3), 120, np.uint8)
        draw_person(image, (30, 30, 90, 90), colour)
        (tmp_path / "poi").mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "poi" / f"{name}.png"), image[:, :, ::-1])
    return tmp_path / "poi"


@pytest.fixture
def consent(tmp_path):
    path = tmp_path / "consent.yaml"
    path.write_text(CONSENT)
    return path


@pytest.fixture
def record(tmp_path):
    """Return a function that writes a video of people who are squares."""

    def write(name="talking.mkv", people=None, **how):
        path = tmp_path / name
        people = [Person(RED, talker=TALKER)] if people is None else people
        return write_video(
            path, people, audio=how.pop("audio", TALKER.audio()), duration=how.pop("duration", 3.0), **how
        )

    return write


@pytest.fixture
def order(tmp_path, photos, consent):
    """Return a function that asks for a video."""

    def make(video, **changes):
        asked = Order(video, video, "Red", photos, consent, tmp_path / "made.mp4")
        return replace(asked, **changes)

    return make


@pytest.fixture
def make(registry, context, signing):
    """Return a function that carries an order out."""
    from slceleb_core.generating import carry_out, check
    from slceleb_core.profile import bind

    def run(order, stage="fake", options=None, **changes):
        with_pipeline = Pipeline(bind(Profile.model_validate({**STAGES, **changes}), registry), registry, context)
        bound = bind_stage(registry, "generator", stage, options or {}, "generator")
        return carry_out(check(order), with_pipeline, bound, context, signing=signing)

    return run


def pictures(path: Path):
    """Return the PTS seconds and the pictures of a file."""
    from slceleb_core.media.video import VideoReader

    with VideoReader(path) as reader:
        frames = [(frame.time, np.array(frame.image)) for frame in reader.frames()]
    return np.array([time for time, _ in frames]), np.stack([image for _, image in frames])


def remuxed(source, target, *how, before=()):
    """Have FFmpeg write a file anew; skip where it cannot."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("no ffmpeg: nothing to remux with")
    command = ["ffmpeg", "-v", "error", *before, "-i", source, *how, target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this ffmpeg cannot write {target.name}: {done.stderr.splitlines()[-1]}")
    return target
