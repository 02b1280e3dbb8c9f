"""Photos as people have them, drawn: a square of a colour is a face."""

import cv2
import numpy as np
import pytest

from slceleb_core.perception.photos import examine, list_photos
from slceleb_core.testing import FakeDetector, FakeRecognizer, builders, draw_person


@pytest.fixture
def drawn():
    """Give a function that draws a picture of one face as RGB."""

    def draw(colour, width=160, height=120):
        image = np.full((height, width, 3), 120, np.uint8)
        draw_person(image, (20.0, 20.0, 100.0, 100.0), colour)
        return image

    return draw


@pytest.fixture
def photo(drawn):
    """Give a function that writes a picture of one face, in the format of its suffix or of another."""

    def write(path, colour, as_suffix=None):
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imencode(as_suffix or path.suffix, drawn(colour)[:, :, ::-1])[1].tofile(path)
        return path

    return write


@pytest.fixture
def look(tmp_path):
    """Give a function that looks at all photos of a folder with the fakes."""

    def examined(folder):
        context = builders.context(tmp_path)
        with (
            FakeDetector(FakeDetector.Config(), context) as detector,
            FakeRecognizer(FakeRecognizer.Config(), context) as recognizer,
        ):
            return list(examine(list_photos(folder), detector, recognizer))

    return examined
