"""The suites of an installed stage: the contract, and what can be shown on recordings (``slceleb plugins test``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slceleb_core.settings import load_settings
from slceleb_core.stages import (
    Detector,
    Generator,
    MeshingDetector,
    Recognizer,
    Sink,
    Speaker,
    Stage,
    StageContext,
    Voice,
)
from slceleb_core.testing.conformance.common import StageBench
from slceleb_core.testing.conformance.detector import DetectorConformance, MeshingDetectorConformance
from slceleb_core.testing.conformance.generator import GeneratorConformance
from slceleb_core.testing.conformance.recorded import (
    RecordedDetectorConformance,
    RecordedMeshingDetectorConformance,
    RecordedRecognizerConformance,
    RecordedSpeakerClaims,
)
from slceleb_core.testing.conformance.runner import RunnerConformance
from slceleb_core.testing.conformance.sink import SinkConformance
from slceleb_core.testing.conformance.speaker import SpeakerConformance
from slceleb_core.testing.conformance.voice import VoiceConformance
from slceleb_core.testing.trial import Trial

SUITES: tuple[tuple[type[Stage], tuple[type[StageBench], ...]], ...] = (
    (MeshingDetector, (MeshingDetectorConformance, RecordedMeshingDetectorConformance)),
    (Detector, (DetectorConformance, RecordedDetectorConformance)),
    (Recognizer, (RecordedRecognizerConformance,)),
    (Speaker, (SpeakerConformance, RecordedSpeakerClaims)),
    (Voice, (VoiceConformance,)),
    (Generator, (GeneratorConformance,)),
    (Sink, (SinkConformance,)),
    (Stage, (RunnerConformance,)),
)
"""Which suites a stage has, by the first base that it derives from. The recognizer's recorded one is all of its own."""


class AsInstalled:
    """Makes a stage as a run would."""

    @pytest.fixture
    def context(self) -> StageContext:
        """Return what the machine's settings say: where model files are, which terms are accepted, the device."""
        return load_settings().stage_context()


def suites() -> dict[str, type]:
    """Return the suites of the stages that this process was told to test, by names under which pytest finds them."""
    trial = Trial.here()
    return {
        f"Test{suite.__name__}_{role}": _suite(suite, stage, trial)
        for role, stage in trial.stages().items()
        for suite in suites_of(stage)
    }


def suites_of(stage: type[Stage]) -> tuple[type[StageBench], ...]:
    """Return the suites that a stage is tested with."""
    return next(of_role for base, of_role in SUITES if issubclass(stage, base))


def _suite(suite: type[StageBench], stage: type[Stage], trial: Trial) -> type:
    facts: dict[str, Any] = {"stage": stage, "options": trial.options, "__doc__": suite.__doc__}
    if trial.clip is not None:
        facts["clip"] = Path(trial.clip)
    return type(suite.__name__, (AsInstalled, suite), facts)
