"""What a generator must do."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from slceleb_core.stages import Generator, GeneratorConfig, StageContext
from slceleb_core.testing import builders
from slceleb_core.testing.conformance.common import StageConformance
from slceleb_core.testing.talker import SyntheticTalker
from slceleb_core.types import Array, AudioSpan

SECONDS = 4.0
"""Length of the sound that lips are fitted to."""

ROUNDING = 1
"""Levels of 255 by which a picture may differ where the same is done in batches of another size."""


class GeneratorConformance(StageConformance):
    """The contract of ``Generator``.

    It is handed noise for faces: what a network makes of them is not looked at, only that it is a picture, that it goes
    by the sound, and that nothing is kept. How well lips fit is shown by whoever has a network and a face.
    """

    stage: ClassVar[type[Generator]]

    @pytest.fixture
    def sound(self) -> AudioSpan:
        """Return a drawn voice."""
        return SyntheticTalker(seed=1, duration=SECONDS).audio()

    def ready(self, stage: Generator) -> Generator:
        """Return a generator that has been told of a sound."""
        stage.start(SyntheticTalker(seed=1, duration=SECONDS).audio())
        return stage

    def faces(self, generator: Generator, count: int, seed: int = 0) -> Array:
        """Return pictures of noise."""
        side = generator.face_pixels
        return np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), dtype=np.uint8)

    def test_states_what_it_takes(self, fresh: Generator) -> None:
        """Faces are cut by it."""
        assert issubclass(type(fresh).Config, GeneratorConfig), "its options derive from GeneratorConfig"
        assert type(fresh.face_pixels) is int
        assert 16 <= fresh.face_pixels <= 2048
        assert type(fresh.batch_faces) is int
        assert fresh.batch_faces >= 1
        assert len(fresh.pads) == 4
        assert all(0.0 <= pad <= 1.0 for pad in fresh.pads), f"pads {fresh.pads}"

    def test_gives_pictures_of_the_same_shape(self, opened: Generator) -> None:
        """uint8 [n, side, side, 3]: they are pasted where they were cut."""
        faces = self.faces(opened, 3)
        made = opened.generate(faces, np.array([0.0, 0.5, 1.0]))
        assert made.dtype == np.uint8
        assert made.shape == faces.shape

    def test_no_faces_give_no_pictures(self, opened: Generator) -> None:
        """A batch may have none."""
        assert len(opened.generate(self.faces(opened, 0), np.zeros(0))) == 0

    def test_faces_are_left_alone(self, opened: Generator) -> None:
        """What is outside of the mask is taken from them."""
        faces, times = self.faces(opened, 2), np.array([0.2, 0.4])
        faces.flags.writeable = times.flags.writeable = False
        before = faces.copy()
        made = opened.generate(faces, times)
        assert (faces == before).all()
        assert not np.shares_memory(made, faces)

    def test_batches_do_not_matter(self, opened: Generator) -> None:
        """How many are handed together follows from the size of pictures."""
        faces, times = self.faces(opened, 5), np.linspace(0.1, 3.0, 5)
        together = opened.generate(faces, times).astype(int)
        alone = np.concatenate([opened.generate(faces[n : n + 1], times[n : n + 1]) for n in range(5)]).astype(int)
        assert np.abs(together - alone).max() <= ROUNDING

    def test_order_does_not_matter(self, opened: Generator) -> None:
        """Shots may be gone through in any order."""
        faces, times = self.faces(opened, 4), np.linspace(0.1, 3.0, 4)
        there, back = opened.generate(faces, times).astype(int), opened.generate(faces[::-1], times[::-1]).astype(int)
        assert np.abs(there - back[::-1]).max() <= ROUNDING

    def test_nothing_is_kept_from_one_call_to_the_next(self, opened: Generator) -> None:
        """One face may be another's."""
        faces, times = self.faces(opened, 2), np.array([0.5, 1.5])
        first = opened.generate(faces, times)
        opened.generate(self.faces(opened, 3, seed=9), np.array([2.0, 2.5, 3.0]))
        assert (opened.generate(faces, times) == first).all()

    def test_a_new_sound_takes_the_place_of_the_one_before(self, opened: Generator, sound: AudioSpan) -> None:
        """Else the lips of one file would fit another's sound."""
        faces, times = self.faces(opened, 2), np.array([0.5, 1.5])
        first = opened.generate(faces, times)
        opened.start(builders.audio(SECONDS))
        opened.generate(faces, times)
        opened.start(sound)
        assert (opened.generate(faces, times) == first).all()

    def test_it_goes_by_the_sound(self, opened: Generator) -> None:
        """A voice and silence do not look alike at all times."""
        times = np.linspace(0.2, SECONDS - 0.5, 12)
        faces = np.repeat(self.faces(opened, 1), len(times), axis=0)
        voiced = opened.generate(faces, times).astype(int)
        opened.start(builders.audio(SECONDS))
        assert (voiced != opened.generate(faces, times)).any(), "a voice and silence give the same pictures"

    def test_it_goes_by_the_moment(self, opened: Generator, sound: AudioSpan) -> None:
        """The clock is the sound's: where it begins later, so does what is made of it."""
        faces, times = np.repeat(self.faces(opened, 1), 8, axis=0), np.linspace(0.2, SECONDS - 0.5, 8)
        here = opened.generate(faces, times).astype(int)
        opened.start(AudioSpan(sound.samples, sound.start + 100.0))
        there = opened.generate(faces, times + 100.0).astype(int)
        assert np.abs(here - there).max() <= ROUNDING

    def test_outside_of_the_sound_it_is_silent(self, opened: Generator) -> None:
        """Before its beginning and behind its end there may be pictures."""
        faces = np.repeat(self.faces(opened, 1), 2, axis=0)
        before, behind = opened.generate(faces, np.array([-9.0, SECONDS + 9.0])).astype(int)
        assert np.abs(before - behind).max() <= ROUNDING

    @pytest.mark.parametrize("level", [0.0, 1.0, -1.0])
    def test_a_constant_sound_is_no_error(self, opened: Generator, level: float) -> None:
        """Digital silence is one, and a fault of a cable."""
        opened.start(AudioSpan(np.full(16_000, level, np.float32), 0.0))
        assert len(opened.generate(self.faces(opened, 1), np.array([0.5]))) == 1

    def test_a_very_short_sound_is_no_error(self, opened: Generator) -> None:
        """A sound may end within a picture."""
        opened.start(AudioSpan(np.zeros(1, np.float32), 0.0))
        assert len(opened.generate(self.faces(opened, 1), np.array([0.0]))) == 1

    def test_opens_again_after_closing(self, opened: Generator, context: StageContext, sound: AudioSpan) -> None:
        """Two in one process give the same."""
        faces, times = self.faces(opened, 2), np.array([0.5, 1.5])
        first = opened.generate(faces, times)
        opened.close()
        with self.stage(self.config(), context) as other:
            other.start(sound)
            assert (other.generate(faces, times) == first).all()
