"""The photos of thousands of people: looked at once, by however many processes, with signs of life."""

import threading

import cv2
import numpy as np
import pytest

from slceleb_core.artefacts import ArtefactStore
from slceleb_core.artefacts.photos import PhotoShelf
from slceleb_core.errors import GalleryError
from slceleb_core.perception.photos import list_photos
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile
from slceleb_core.registry import Registry
from slceleb_core.settings import Settings
from slceleb_core.testing import BLUE, RED, FakeDetector, FakePlugin, FakeRecognizer, builders

FAKES = {"detect": {"use": "fake"}, "embed": {"use": "fake"}, "speaker": {"use": "fake"}}

PEOPLE = 3000


class Counting(FakeDetector):
    """Counts the pictures that it looks at."""

    pictures = 0

    def detect(self, frames):
        type(self).pictures += len(frames)
        return super().detect(frames)


@pytest.fixture
def counting(monkeypatch):
    monkeypatch.setattr(Counting, "pictures", 0)
    return Counting


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """A folder with a tiny photo each of three thousand people."""
    folder = tmp_path_factory.mktemp("crowd")
    for person in range(PEOPLE):
        picture = np.full((48, 48, 3), 120, np.uint8)
        picture[2:46, 2:46] = (person % 16 * 16, person // 16 % 16 * 16, person // 256 * 16)
        cv2.imwrite(str(folder / f"p{person:04}.png"), picture)
    return folder


def opened(tmp_path, detector, store=None):
    registry = Registry.of(FakePlugin(detector=detector))
    chosen = Profile.model_validate(FAKES)
    return Pipeline.from_profile(chosen, registry=registry, settings=Settings(cache=tmp_path), artefacts=store)


def test_thousands_are_looked_at_once_and_each_is_a_sign_of_life(tmp_path, crowd, counting):
    store, signs = ArtefactStore(tmp_path / "kept"), []
    with opened(tmp_path, counting, store) as pipeline:
        first = pipeline.examine(crowd, lambda done, photos: signs.append((done, photos)))
    assert signs == [(done, PEOPLE) for done in range(1, PEOPLE + 1)]
    assert counting.pictures == PEOPLE
    with opened(tmp_path, counting, store) as pipeline:
        again = pipeline.examine(crowd)
    assert counting.pictures == PEOPLE
    assert [photo.person for photo in again] == [photo.person for photo in first] == sorted(list_photos(crowd))
    assert [photo.problem for photo in again] == [photo.problem for photo in first]


def test_workers_share_the_photos(tmp_path, crowd):
    """Four of them take turns: none looks again at what another has looked at."""
    looks = []
    store, context = ArtefactStore(tmp_path / "kept"), builders.context(tmp_path)
    people = dict(list(list_photos(crowd).items())[:200])
    stages = FakeDetector(FakeDetector.Config(), context), FakeRecognizer(FakeRecognizer.Config(), context)

    class Noting(ArtefactStore):
        """Notes what is looked at anew."""

        def record(self, kind, key):
            looks.append(key)
            return super().record(kind, key)

    with stages[0], stages[1]:
        shelves = [PhotoShelf(Noting(store.root), str) for _ in range(4)]
        steps = [iter_of(shelf, people, stages) for shelf in shelves]
        while steps:
            steps = [step for step in steps if next(step, None) is not None]
    assert len(looks) == len(set(looks)) == 200


def iter_of(shelf, people, stages):
    """Go through the photos of a shelf step by step."""
    turn, done = threading.Semaphore(0), threading.Semaphore(0)

    def seen(count, photos):
        done.release()
        turn.acquire()

    worker = threading.Thread(target=lambda: (turn.acquire(), list(shelf.examine(people, lambda: stages, seen))))
    worker.start()
    for _ in range(200):
        turn.release()
        done.acquire()
        yield True
    turn.release()
    worker.join()


def test_what_a_machine_cannot_read_is_not_kept(tmp_path, photo, counting):
    store = ArtefactStore(tmp_path / "kept")
    photo(tmp_path / "poi" / "Ada" / "1.png", RED)
    (tmp_path / "poi" / "Ada" / "2.png").write_bytes(b"no picture")
    with opened(tmp_path, counting, store) as pipeline:
        assert [photo.problem for photo in pipeline.examine(tmp_path / "poi")] == ["", "cannot be read: not a picture"]
    assert len(list((tmp_path / "kept").rglob("*.zip"))) == 1


def test_findings_are_logged_once_and_kept_in_the_gallery(tmp_path, photo, counting, caplog):
    photo(tmp_path / "poi" / "Ada" / "1.png", RED)
    photo(tmp_path / "poi" / "Bo" / "1.png", BLUE)
    photo(tmp_path / "poi" / "Ada Lovelace" / "1.png", RED)
    with opened(tmp_path, counting) as pipeline:
        gallery = pipeline.enroll(tmp_path / "poi")
        assert gallery.doubles == {"Ada": "Ada Lovelace", "Ada Lovelace": "Ada"}
        assert gallery.warnings[0].endswith(
            "one face under two names: Ada and Ada Lovelace cannot be told apart, so neither is found"
        )
        assert [record.getMessage() for record in caplog.records] == list(gallery.warnings)
        with pytest.raises(GalleryError, match="nobody who is looked for could be found: Ada has the same face"):
            pipeline.enroll(tmp_path / "poi", ["Ada"])
        assert pipeline.enroll(tmp_path / "poi", ["Bo"]).wanted == {"Bo"}


def test_findings_are_the_same_from_what_is_kept(tmp_path, photo, counting):
    store = ArtefactStore(tmp_path / "kept")
    for name in ("Ada", "Bo"):
        photo(tmp_path / "poi" / name / "1.png", RED)
    photo(tmp_path / "poi" / "Cy" / "1.png", BLUE)
    with opened(tmp_path, counting, store) as pipeline:
        first = pipeline.enroll(tmp_path / "poi").warnings
    with opened(tmp_path, counting, store) as pipeline:
        assert pipeline.enroll(tmp_path / "poi").warnings == first != ()
    assert counting.pictures == 2  # one of them lies there twice
