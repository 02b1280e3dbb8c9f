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
    What the stage is made with. By default model files come from the folder named by ``SLCELEB_MODELS``, or else from
    ``../shared/models`` beside the repository. Where the stage's model files are missing, the tests that need them are
    skipped, and say which file.

Each suite's own docstring names the fixtures that it can, or must, be given.
"""

import pytest

pytest.register_assert_rewrite(
    *(f"{__name__}.{module}" for module in ("common", "detector", "recognizer", "runner", "speaker", "sink"))
)

from slceleb_core.testing.conformance.detector import (  # noqa: E402 - after the registration
    DetectorConformance,
    MeshingDetectorConformance,
)
from slceleb_core.testing.conformance.recognizer import RecognizerConformance  # noqa: E402
from slceleb_core.testing.conformance.runner import RunnerConformance  # noqa: E402
from slceleb_core.testing.conformance.sink import SinkConformance  # noqa: E402
from slceleb_core.testing.conformance.speaker import SpeakerConformance  # noqa: E402

__all__ = [
    "DetectorConformance",
    "MeshingDetectorConformance",
    "RecognizerConformance",
    "RunnerConformance",
    "SinkConformance",
    "SpeakerConformance",
]
