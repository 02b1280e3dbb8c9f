from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from slceleb_core.errors import ModelError
from slceleb_core.media.video import VideoReader
from slceleb_core.perception.shots import ShotConfig, mark_shots
from slceleb_core.settings import load_settings
from slceleb_core.stages import StageContext
from slceleb_detector_mediapipe import MediapipeConfig, MediapipeDetector
from slceleb_detector_mediapipe.archive import Archive, read_archive
from slceleb_detector_mediapipe.catalog import FACE_LANDMARKER

SHARED = Path(__file__).resolve().parents[3].parent / "shared"


@pytest.fixture(scope="session")
def context() -> StageContext:
    """Return a context that finds the model file: in an installed carrier, or beside the repository."""
    settings = load_settings().model_copy(update={"accept_licences": "insightface"})  # of the finder SCRFD
    if settings.models is None and (SHARED / "models").is_dir():
        settings = settings.model_copy(update={"models": SHARED / "models"})
    return settings.stage_context()


@pytest.fixture(scope="session")
def archive(context) -> Archive:
    """Return what is in the model file."""
    try:
        return read_archive(Path(context.models.locate(FACE_LANDMARKER)))
    except ModelError as error:
        pytest.skip(str(error))


@pytest.fixture
def opened(context) -> Iterator:
    """Give a function that opens a detector with these options."""
    made = []

    def open_detector(**options):
        detector = MediapipeDetector(MediapipeConfig(**options), context)
        try:
            detector.open()
        except ModelError as error:
            pytest.skip(str(error))
        made.append(detector)
        return detector

    yield open_detector
    for detector in made:
        detector.close()


@pytest.fixture(scope="session")
def clip():
    """Give a function that decodes a clip, its shots marked."""

    def read(name):
        path = SHARED / "media" / "clips" / name
        if not path.is_file():
            pytest.skip(f"no {path}: real clips are not at hand")
        with VideoReader(path) as reader:
            return list(mark_shots(reader.frames(), ShotConfig()))

    return read


@pytest.fixture(scope="session")
def group() -> np.ndarray:
    """Return InsightFace's sample picture of six people, 1280x886."""
    insightface = pytest.importorskip("insightface", reason="InsightFace carries the sample picture t1.jpg")
    path = Path(insightface.__file__).parent / "data" / "images" / "t1.jpg"
    if not path.is_file():
        pytest.skip(f"no {path}: this InsightFace does not carry it")
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
