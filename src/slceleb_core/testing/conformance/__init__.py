"""Suites that say whether a stage keeps its contract; subclass that of your role.

In a test module::

    from slceleb_core.testing.conformance import SpeakerConformance

    class TestMySpeaker(SpeakerConformance):
        stage = MySpeaker
        options = {"window": 2.0}

What all suites share
---------------------
``stage``
    The class under test.
``options``
    Its options, as in a profile; the defaults when left out.
``context`` (fixture)
    What the stage is made with. By default model files come from the folder named by ``SLCELEB_MODELS``, or out of an
    installed package that carries them. Where the stage's model files are missing, the tests that need them are
    skipped, and say which file.

Contract and quality
--------------------
A suite is the contract: what every stage of a role keeps, whatever its model can tell of a drawing. How good a stage is
beside that is shown where it says so or where it is asked:

- what a speaker stage claims (``Speaker.claims``), on drawn talkers by its suite, and on a recorded one by
  :class:`RecordedSpeakerClaims`;
- that a detector finds a face, on the fixture `frames`; a detector that takes no drawing for a face has the tests
  that need one skipped, until it is shown another: :class:`RecordedDetectorConformance` shows a recorded one;
- that a recognizer tells people apart, on the fixture `people`: :class:`RecordedRecognizerConformance` has two;
- that a voice stage tells voices apart, on the fixture `people`, which are two drawn voices until it is given others.

The recordings come out of a package that carries them; ``slceleb_core.testing.recordings`` says which.
``slceleb plugins test NAME`` runs all of these on an installed stage.

Each suite's own docstring names the fixtures that it can, or must, be given.
"""

import pytest

MODULES = (
    "common",
    "detector",
    "generator",
    "installed",
    "recognizer",
    "recorded",
    "runner",
    "speaker",
    "sink",
    "voice",
)

pytest.register_assert_rewrite(*(f"{__name__}.{module}" for module in MODULES))

from slceleb_core.testing.conformance.detector import (  # noqa: E402 - after the registration
    DetectorConformance,
    MeshingDetectorConformance,
)
from slceleb_core.testing.conformance.generator import GeneratorConformance  # noqa: E402
from slceleb_core.testing.conformance.recognizer import RecognizerConformance  # noqa: E402
from slceleb_core.testing.conformance.recorded import (  # noqa: E402
    RecordedDetectorConformance,
    RecordedMeshingDetectorConformance,
    RecordedRecognizerConformance,
    RecordedSpeakerClaims,
)
from slceleb_core.testing.conformance.runner import RunnerConformance  # noqa: E402
from slceleb_core.testing.conformance.sink import SinkConformance  # noqa: E402
from slceleb_core.testing.conformance.speaker import SpeakerConformance  # noqa: E402
from slceleb_core.testing.conformance.voice import VoiceConformance  # noqa: E402

__all__ = [
    "DetectorConformance",
    "GeneratorConformance",
    "MeshingDetectorConformance",
    "RecognizerConformance",
    "RecordedDetectorConformance",
    "RecordedMeshingDetectorConformance",
    "RecordedRecognizerConformance",
    "RecordedSpeakerClaims",
    "RunnerConformance",
    "SinkConformance",
    "SpeakerConformance",
    "VoiceConformance",
]
