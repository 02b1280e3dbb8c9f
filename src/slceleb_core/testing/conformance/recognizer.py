"""What a recognizer must do."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from slceleb_core.stages import Recognizer, StageContext
from slceleb_core.testing import builders
from slceleb_core.testing.conformance.common import StageConformance
from slceleb_core.types import Array, Calibration, FaceCrops

HEX_DIGITS = 64
"""Of a sha256."""


class RecognizerConformance(StageConformance):
    """The contract of ``Recognizer``.

    Fixture ``people``: crops of at least two persons by name, two or more of one of them; uint8 [size, size, 3], RGB,
    aligned as the stage states. There is none by default, since it takes a detector to align a photo; without it the
    tests that compare persons are skipped.

    Attributes
    ----------
    tolerance
        By how much a component of two equal embeddings may differ: arithmetic in batches is not exact.
    """

    stage: ClassVar[type[Recognizer]]
    tolerance: ClassVar[float] = 1e-4

    @pytest.fixture
    def people(self) -> dict[str, list[Array]]:
        """Return crops by person."""
        pytest.skip("override the fixture `people` with aligned crops of at least two persons")

    def embed(self, recognizer: Recognizer, crops: FaceCrops) -> Array:
        """Return the embeddings of the crops as those of a new video."""
        recognizer.start(builders.video_info())
        return np.asarray(recognizer.embed(crops))

    def crops(self, recognizer: Recognizer, count: int) -> FaceCrops:
        """Return that many pictures of noise, as large as the recognizer takes them."""
        return builders.crops(count, size=recognizer.crop_size)

    def check(self, embedding: Array, recognizer: Recognizer, count: int) -> None:
        """Fail unless these are embeddings as the contract wants them."""
        assert embedding.dtype == np.float32
        assert embedding.shape == (count, recognizer.dim)
        told = ~np.isnan(embedding).all(axis=1)  # of the others nothing can be told
        assert np.isfinite(embedding[told]).all(), "a row that is partly a number"
        np.testing.assert_allclose(np.linalg.norm(embedding[told], axis=1), 1.0, atol=1e-3)

    def test_knows_its_size_and_operating_point(self, opened: Recognizer) -> None:
        """Both are known once it is open."""
        assert isinstance(opened.dim, int)
        assert opened.dim > 0
        assert -1.0 < float(opened.threshold) < 1.0

    def test_states_what_crops_it_takes(self, fresh: Recognizer) -> None:
        """A size and a place for each of the five points, within it, the eye on the left first; the same once open."""
        stated = fresh.alignment()
        assert (stated.template >= 0).all(), f"a point of the template is outside of the crop: {stated.template.min()}"
        assert (stated.template < stated.size).all(), f"a point is outside of a crop of {stated.size} pixels"
        left, right, nose, left_corner, right_corner = stated.template
        assert left[0] < right[0]
        assert left_corner[0] < right_corner[0]
        assert max(left[1], right[1]) < nose[1] < min(left_corner[1], right_corner[1])
        self.open(fresh)
        assert fresh.alignment().size == stated.size
        assert (fresh.alignment().template == stated.template).all()

    def test_a_calibration_is_of_its_own_model(self, opened: Recognizer) -> None:
        """Whoever brings one tells its model's hash, which the calibration names."""
        assert opened.model_hash == "" or len(opened.model_hash) == HEX_DIGITS
        if opened.calibration is not None:
            assert isinstance(opened.calibration, Calibration)
            assert opened.calibration.model == opened.model_hash

    def test_embeddings_have_unit_length(self, opened: Recognizer) -> None:
        """float32 [n, dim], unit norm, or not a number throughout where nothing can be told; whatever the picture."""
        plain = np.stack(
            [builders.picture(opened.crop_size, opened.crop_size, (shade,) * 3) for shade in (0, 128, 255)]
        )
        self.check(self.embed(opened, self.crops(opened, 4)), opened, 4)
        self.check(self.embed(opened, FaceCrops.untracked(plain)), opened, 3)

    def test_no_crops_give_no_rows(self, opened: Recognizer) -> None:
        """An empty batch is a batch: float32 [0, dim]."""
        embedding = self.embed(opened, self.crops(opened, 0))
        assert embedding.shape == (0, opened.dim)
        assert embedding.dtype == np.float32

    def test_batches_do_not_matter(self, opened: Recognizer) -> None:
        """A batch of 4 gives what 4 batches of 1 give."""
        crops = self.crops(opened, 4)
        whole = self.embed(opened, crops)
        single = [self.embed(opened, FaceCrops.untracked(crops.images[n : n + 1])) for n in range(4)]
        np.testing.assert_allclose(whole, np.concatenate(single), atol=self.tolerance)

    def test_order_does_not_matter(self, opened: Recognizer) -> None:
        """Each row belongs to its own crop."""
        crops = self.crops(opened, 4)
        turned = FaceCrops.untracked(crops.images[::-1])
        np.testing.assert_allclose(self.embed(opened, turned), self.embed(opened, crops)[::-1], atol=self.tolerance)

    def test_pictures_are_left_alone(self, opened: Recognizer) -> None:
        """Read-only crops are accepted, and are what they were."""
        crops = self.crops(opened, 3)
        before = crops.images.copy()
        self.embed(opened, crops)
        assert (crops.images == before).all()

    def test_start_forgets_the_previous_video(self, opened: Recognizer) -> None:
        """A face at the same place, time and track of another video is another face."""
        images = self.crops(opened, 2).images
        one, other = (builders.crops(images=images[n : n + 1], tracks=np.array([1])) for n in (0, 1))
        alone = self.embed(opened, FaceCrops.untracked(other.images))
        self.embed(opened, one)
        np.testing.assert_allclose(self.embed(opened, other), alone, atol=self.tolerance)

    def test_tracks_are_kept_apart(self, opened: Recognizer) -> None:
        """Two faces of one frame are two faces, wherever they stand."""
        images = self.crops(opened, 2).images
        tracked = FaceCrops(images, np.array([1, 2]), np.tile([10.0, 10.0, 90.0, 90.0], (2, 1)), np.array([0.4, 0.4]))
        alone = self.embed(opened, FaceCrops.untracked(images))
        np.testing.assert_allclose(self.embed(opened, tracked), alone, atol=self.tolerance)

    def test_same_person_is_above_others(self, opened: Recognizer, people: dict[str, list[Array]]) -> None:
        """The least similar pair of one person is above the most similar pair of two."""
        same, other = self.similarities(opened, people)
        assert min(same) > max(other), f"same person {min(same):.3f}, others {max(other):.3f}"

    def test_the_operating_point_parts_them(self, opened: Recognizer, people: dict[str, list[Array]]) -> None:
        """Pairs of one person are above it, and pairs of two below."""
        same, other = self.similarities(opened, people)
        assert min(same) > opened.threshold > max(other), f"threshold {opened.threshold} does not part them"

    def similarities(self, recognizer: Recognizer, people: dict[str, list[Array]]) -> tuple[list[float], list[float]]:
        """Return how alike all pairs are of one person, and of two."""
        names = [name for name, images in people.items() for _ in images]
        embedding = self.embed(
            recognizer, FaceCrops.untracked(np.stack([crop for same in people.values() for crop in same]))
        )
        similarity = embedding @ embedding.T
        pairs = [(i, j) for i in range(len(names)) for j in range(i)]
        same = [similarity[i, j] for i, j in pairs if names[i] == names[j]]
        other = [similarity[i, j] for i, j in pairs if names[i] != names[j]]
        assert same, "the fixture `people` has no person with two crops"
        assert other, "the fixture `people` has only one person"
        return same, other

    def test_opens_again_after_closing(self, opened: Recognizer, context: StageContext) -> None:
        """A closed stage can be opened once more, and a second object gives the same as the first."""
        first = self.embed(opened, self.crops(opened, 2))
        opened.close()
        self.open(opened)
        np.testing.assert_allclose(self.embed(opened, self.crops(opened, 2)), first, atol=self.tolerance)
        with self.stage(self.config(), context) as other:
            np.testing.assert_allclose(self.embed(other, self.crops(opened, 2)), first, atol=self.tolerance)
