"""What a voice stage must do."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from slceleb_core.stages import StageContext, Voice
from slceleb_core.testing.conformance.common import StageConformance
from slceleb_core.testing.talker import SyntheticTalker
from slceleb_core.testing.voice import Throat
from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan

HEX_DIGITS = 64
"""Of a sha256."""

LOW, HIGH = Throat(110.0, 1.0), Throat(210.0, 1.2)
"""Usual voices of a man and of a woman, whose formants are higher by a fifth (Peterson and Barney, 1952)."""

LONGEST = 5.0
"""Seconds that a stage may ask for at the most: segments of a corpus are seldom longer."""


class VoiceConformance(StageConformance):
    """The contract of ``Voice``.

    Fixture ``people``: sounds of at least two persons by name, two or more of one of them. By default drawn voices of
    6 s, one low and one high; a model that takes those for no voices is given others.

    Attributes
    ----------
    tolerance
        By how much a component of two equal embeddings may differ: arithmetic in batches is not exact.
    loudness_similarity
        How alike the embeddings of a sound and of the same sound 10 times softer or 5 times louder are at least.
    """

    stage: ClassVar[type[Voice]]
    tolerance: ClassVar[float] = 1e-4
    loudness_similarity: ClassVar[float] = 0.9

    @pytest.fixture
    def people(self) -> dict[str, list[AudioSpan]]:
        """Return sounds by person."""
        throats = {"low": LOW, "high": HIGH}
        return {
            name: [SyntheticTalker(seed, throat=throat).audio() for seed in (1, 2)] for name, throat in throats.items()
        }

    def sounds(self, voice: Voice) -> list[AudioSpan]:
        """Return four sounds of two voices, of four lengths, from the shortest on."""
        made = [SyntheticTalker(seed, 6.0 + voice.shortest, throat=LOW if seed % 2 else HIGH) for seed in range(1, 5)]
        spoken = [self.spoken(talker.audio()) for talker in made]
        return [
            first_of(sound, voice.shortest + more) for sound, more in zip(spoken, (0.0, 0.5, 2.0, 5.0), strict=True)
        ]

    @staticmethod
    def spoken(sound: AudioSpan) -> AudioSpan:
        """Return a sound from where it begins to be one."""
        return AudioSpan(sound.samples[np.flatnonzero(sound.samples)[0] :], 0.0)

    def check(self, embedding: Array, voice: Voice, count: int) -> Array:
        """Fail unless these are embeddings as the contract wants them; return of which sounds something is told."""
        assert isinstance(embedding, np.ndarray)
        assert embedding.dtype == np.float32
        assert embedding.shape == (count, voice.dim)
        told = ~np.isnan(embedding).all(axis=1)
        assert np.isfinite(embedding[told]).all(), "a row that is partly a number"
        np.testing.assert_allclose(np.linalg.norm(embedding[told], axis=1), 1.0, atol=1e-3)
        return np.asarray(told)

    def test_knows_its_size_and_operating_point(self, opened: Voice) -> None:
        """Both are known once it is open; and the hash of its model, where it has one."""
        assert isinstance(opened.dim, int)
        assert opened.dim > 0
        assert -1.0 < float(opened.threshold) < 1.0
        assert opened.model_hash == "" or len(opened.model_hash) == HEX_DIGITS

    def test_states_its_shortest_sound(self, fresh: Voice) -> None:
        """It is known before it is open: what is too short need not be read."""
        stated = fresh.shortest
        assert 0.0 < stated <= LONGEST
        self.open(fresh)
        assert fresh.shortest == stated

    def test_embeddings_have_unit_length(self, opened: Voice) -> None:
        """float32 [n, dim], of unit norm, of a voice that is as long as it asks for, and of any longer."""
        assert self.check(opened.embed(self.sounds(opened)), opened, 4).all(), "nothing told of a voice that is heard"

    def test_no_sounds_give_no_rows(self, opened: Voice) -> None:
        """An empty batch is a batch: float32 [0, dim]."""
        self.check(opened.embed([]), opened, 0)

    def test_batches_do_not_matter(self, opened: Voice) -> None:
        """A batch of 4, of several lengths, gives what 4 batches of 1 give."""
        sounds = self.sounds(opened)
        single = np.concatenate([opened.embed([sound]) for sound in sounds])
        np.testing.assert_allclose(opened.embed(sounds), single, atol=self.tolerance)
        equal = [first_of(sound, opened.shortest) for sound in sounds]
        np.testing.assert_allclose(opened.embed(equal)[:2], opened.embed(equal[:2]), atol=self.tolerance)

    def test_order_does_not_matter(self, opened: Voice) -> None:
        """Each row belongs to its own sound."""
        sounds = self.sounds(opened)
        np.testing.assert_allclose(opened.embed(sounds[::-1]), opened.embed(sounds)[::-1], atol=self.tolerance)

    def test_nothing_is_kept(self, opened: Voice) -> None:
        """What was embedded before does not matter: a corpus is gone through in any order, and gone on with."""
        one, *others = self.sounds(opened)
        alone = opened.embed([one])
        opened.embed(others)
        np.testing.assert_allclose(opened.embed([one]), alone, atol=self.tolerance)

    def test_the_clock_does_not_matter(self, opened: Voice) -> None:
        """Sounds come out of different files, from anywhere."""
        (*_, sound) = self.sounds(opened)
        later = replace(sound, start=sound.start + 1000.0)
        np.testing.assert_allclose(opened.embed([later]), opened.embed([sound]), atol=self.tolerance)

    def test_sounds_are_left_alone(self, opened: Voice) -> None:
        """Read-only samples are accepted, and are what they were."""
        sounds = self.sounds(opened)
        before = [sound.samples.copy() for sound in sounds]
        opened.embed(sounds)
        assert all((sound.samples == old).all() for sound, old in zip(sounds, before, strict=True))

    @pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
    def test_of_what_is_too_short_nothing_is_told(self, opened: Voice, share: float) -> None:
        """Its row is not a number, and those beside it are what they are without it; a sound may be empty."""
        (*_, sound) = self.sounds(opened)
        embedding = opened.embed([sound, first_of(sound, share * opened.shortest), sound])
        assert self.check(embedding, opened, 3).tolist() == [True, False, True]
        np.testing.assert_allclose(embedding[[0, 2]], np.tile(opened.embed([sound]), (2, 1)), atol=self.tolerance)

    @pytest.mark.parametrize("level", [0.0, 0.1])
    def test_of_silence_nothing_is_told(self, opened: Voice, level: float) -> None:
        """Else all silences would have one voice; a constant is silence, too."""
        sound = AudioSpan(np.full(round((opened.shortest + 3.0) * SAMPLE_RATE), level, np.float32), 0.0)
        assert not self.check(opened.embed([sound]), opened, 1).any()

    def test_noise_is_no_error(self, opened: Voice) -> None:
        """Not all that is taken for speech is: the loudest noise there can be, and a click in silence."""
        noise = np.random.default_rng(0).choice(np.array([-1.0, 1.0], np.float32), 3 * SAMPLE_RATE + length(opened))
        click = np.zeros(length(opened) + SAMPLE_RATE, np.float32)
        click[len(click) // 2] = 1.0
        self.check(opened.embed([AudioSpan(noise, 0.0), AudioSpan(click, 0.0)]), opened, 2)

    @pytest.mark.parametrize("gain", [0.1, 5.0])
    def test_loudness_does_not_matter(self, opened: Voice, gain: float) -> None:
        """Recordings differ in level."""
        (*_, sound) = self.sounds(opened)
        usual, changed = opened.embed([sound, replace(sound, samples=sound.samples * np.float32(gain))])
        assert usual @ changed >= self.loudness_similarity, f"at gain {gain}: {usual @ changed:.3f}"

    def test_same_voice_is_above_others(self, opened: Voice, people: dict[str, list[AudioSpan]]) -> None:
        """The least similar pair of one person is above the most similar pair of two."""
        names = [name for name, sounds in people.items() for _ in sounds]
        embedding = opened.embed([sound for sounds in people.values() for sound in sounds])
        similarity = embedding @ embedding.T
        pairs = [(i, j) for i in range(len(names)) for j in range(i)]
        same = [similarity[i, j] for i, j in pairs if names[i] == names[j]]
        other = [similarity[i, j] for i, j in pairs if names[i] != names[j]]
        assert same, "the fixture `people` has no person with two sounds"
        assert other, "the fixture `people` has only one person"
        assert min(same) > max(other), f"same voice {min(same):.3f}, others {max(other):.3f}"

    def test_opens_again_after_closing(self, opened: Voice, context: StageContext) -> None:
        """A closed stage can be opened once more, and a second object gives the same as the first."""
        sounds = self.sounds(opened)[:2]
        first = opened.embed(sounds)
        opened.close()
        self.open(opened)
        np.testing.assert_allclose(opened.embed(sounds), first, atol=self.tolerance)
        with self.stage(self.config(), context) as other:
            np.testing.assert_allclose(other.embed(sounds), first, atol=self.tolerance)


def first_of(sound: AudioSpan, seconds: float) -> AudioSpan:
    """Return the first so many seconds of a sound."""
    return replace(sound, samples=sound.samples[: round(seconds * SAMPLE_RATE)])


def length(voice: Voice) -> int:
    """Return the samples of the shortest sound of which it tells something."""
    return round(voice.shortest * SAMPLE_RATE)
