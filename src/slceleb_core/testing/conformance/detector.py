"""What a detector must do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import ClassVar

import av
import numpy as np
import pytest

from slceleb_core.stages import Detector, StageContext
from slceleb_core.testing import builders
from slceleb_core.testing.conformance.common import StageConformance, shared_folder
from slceleb_core.types import FACE_COLUMNS, PLACE_COLUMNS, Array, Faces, Frame

CLIP = "media/clips/talker_a.mp4"
FRAMES = 8


def assert_same_faces(got: Sequence[Faces], wanted: Sequence[Faces], tolerance: float) -> None:
    """Fail unless both are the same faces, in the same order, up to `tolerance` in every column's own unit."""
    assert [len(faces) for faces in got] == [len(faces) for faces in wanted]
    for number, (found, meant) in enumerate(zip(got, wanted, strict=True)):
        for name in FACE_COLUMNS:
            values, expected = getattr(found, name), getattr(meant, name)
            assert (values is None) == (expected is None), f"frame {number}: {name} is there only once"
            if values is not None:
                np.testing.assert_allclose(values, expected, atol=tolerance, err_msg=f"frame {number}: {name}")


def _known(name: str, values: Array) -> Array:
    """Return bool [n]: for which faces a column must have values; one may not be known of a face, but not in part."""
    if name in PLACE_COLUMNS:
        return np.ones(len(values), dtype=bool)
    return np.asarray(~np.isnan(values).all(axis=tuple(range(1, values.ndim))))


class DetectorConformance(StageConformance):
    """The contract of ``Detector``.

    Fixture ``frames``: consecutive frames of one shot with at least one face that the detector finds. By default the
    first frames of ``../shared/media/clips/talker_a.mp4``; the tests that need it are skipped where that is absent.

    Attributes
    ----------
    tolerance
        By how much two equal results may differ: arithmetic in batches is not exact.
    """

    stage: ClassVar[type[Detector]]
    tolerance: ClassVar[float] = 1e-3

    @pytest.fixture
    def frames(self, request: pytest.FixtureRequest) -> list[Frame]:
        """Return frames with a face."""
        clip = shared_folder(request) / CLIP
        if not clip.is_file():
            pytest.skip(f"no {clip}: override the fixture `frames`")
        with av.open(str(clip)) as container:
            decoded = islice(container.decode(video=0), FRAMES)
            return [
                Frame(n, float(picture.time or 0.0), picture.to_ndarray(format="rgb24"))
                for n, picture in enumerate(decoded)
            ]

    def detect(self, detector: Detector, frames: Sequence[Frame], batch: int = FRAMES) -> list[Faces]:
        """Return what the detector says of a new video of those frames, handed over in batches."""
        height, width = frames[0].image.shape[:2] if frames else (120, 160)
        detector.start(builders.video_info(width=width, height=height))
        return [faces for n in range(0, len(frames), batch) for faces in detector.detect(frames[n : n + batch])]

    def check(self, found: Sequence[Faces], frames: Sequence[Frame]) -> None:
        """Fail unless these are faces as the contract wants them."""
        assert len(found) == len(frames), f"{len(found)} results for {len(frames)} frames"
        for faces in found:
            assert isinstance(faces, Faces)
            for name in FACE_COLUMNS:
                values = getattr(faces, name)
                assert values is None or np.isfinite(values[_known(name, values)]).all(), f"{name} is not finite"
            for name in self.stage.capabilities(self.config()):
                assert getattr(faces, name) is not None, f"{name} is promised and not there"
            assert (faces.boxes[:, 2:] > faces.boxes[:, :2]).all(), "a box without area"
            assert ((faces.scores >= 0) & (faces.scores <= 1)).all(), "a score beyond 0..1"

    def test_capabilities_are_columns(self) -> None:
        """A profile is bound by them."""
        assert self.stage.capabilities(self.config()) <= set(FACE_COLUMNS[2:])
        assert self.stage.provides <= set(FACE_COLUMNS[2:])

    def test_no_frames_give_no_faces(self, opened: Detector) -> None:
        """An empty batch is a batch."""
        assert self.detect(opened, []) == []
        assert list(opened.detect([])) == []

    def test_finds_valid_faces(self, opened: Detector, frames: list[Frame]) -> None:
        """Shapes, promised columns, finite values, boxes with area, scores in 0..1; and at least one face."""
        found = self.detect(opened, frames)
        self.check(found, frames)
        assert sum(len(faces) for faces in found) > 0, "no face found on frames that have one"
        for name in self.stage.capabilities(self.config()):
            known = [_known(name, getattr(faces, name)).any() for faces in found]
            assert any(known), f"{name} is promised and of no face known"

    def test_boxes_lie_on_the_picture(self, opened: Detector, frames: list[Frame]) -> None:
        """They are pixels, x before y: a box in shares of the picture or with its columns swapped is not one."""
        for frame, faces in zip(frames, self.detect(opened, frames), strict=True):
            height, width = frame.image.shape[:2]
            middles = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
            assert ((middles >= 0) & (middles <= (width, height))).all()
            assert (faces.sizes > 2.0).all(), "boxes smaller than 2 pixels"

    def test_five_points_are_in_order(self, opened: Detector, frames: list[Frame]) -> None:
        """Eyes, nose and mouth corners as they lie on the picture: faces are aligned by them."""
        if "keypoints5" not in self.stage.capabilities(self.config()):
            pytest.skip("the detector does not promise keypoints5")
        for faces in self.detect(opened, frames):
            assert faces.keypoints5 is not None
            for left_eye, right_eye, _nose, left_corner, right_corner in faces.keypoints5:
                assert left_eye[0] < right_eye[0], "the first eye is the one on the picture's left"
                assert left_corner[0] < right_corner[0], "the first mouth corner is the one on the picture's left"
                assert (left_eye + right_eye)[1] < (left_corner + right_corner)[1], "the eyes are above the mouth"

    def test_batches_do_not_matter(self, opened: Detector, frames: list[Frame]) -> None:
        """A batch of 4 gives what 4 batches of 1 give."""
        one_by_one = self.detect(opened, frames, batch=1)
        assert_same_faces(self.detect(opened, frames, batch=4), one_by_one, self.tolerance)

    def test_start_forgets_the_previous_video(self, opened: Detector, frames: list[Frame]) -> None:
        """The same video twice, another one in between, gives the same result."""
        first = self.detect(opened, frames)
        self.detect(opened, [builders.frame(builders.noise_picture(), index=n) for n in range(4)])
        assert_same_faces(self.detect(opened, frames), first, self.tolerance)
        self.detect(opened, frames[::-1][:3])
        assert_same_faces(self.detect(opened, frames), first, self.tolerance)

    def test_a_cut_drops_state(self, opened: Detector, frames: list[Frame]) -> None:
        """The frames of a shot give what they give in a video of their own."""
        half = len(frames) // 2
        later = [Frame(frame.index, frame.time, frame.image, shot=1) for frame in frames[half:]]
        blank = [Frame(frame.index, frame.time, np.zeros_like(frame.image), shot=0) for frame in frames[:half]]
        assert_same_faces(self.detect(opened, blank + later)[half:], self.detect(opened, later), self.tolerance)

    def test_pictures_are_left_alone(self, opened: Detector, frames: list[Frame]) -> None:
        """Read-only pictures are accepted, and are what they were."""
        before = [frame.image.copy() for frame in frames]
        assert not any(frame.image.flags.writeable for frame in frames)
        self.detect(opened, frames)
        assert all((frame.image == image).all() for frame, image in zip(frames, before, strict=True))

    @pytest.mark.parametrize("size", [(1, 1), (1, 64), (64, 1), (3, 2), (161, 121)])
    def test_odd_sizes_are_no_error(self, opened: Detector, size: tuple[int, int]) -> None:
        """A video may have any size."""
        frames = [builders.frame(builders.picture(*size), index=n) for n in range(2)]
        self.check(self.detect(opened, frames), frames)

    def test_blank_pictures_have_no_faces(self, opened: Detector) -> None:
        """Black, grey and white."""
        shades = [(0, 0, 0), (128, 128, 128), (255, 255, 255)]
        frames = [builders.frame(builders.picture(320, 240, shade), index=n) for n, shade in enumerate(shades)]
        found = self.detect(opened, frames)
        self.check(found, frames)
        assert [len(faces) for faces in found] == [0, 0, 0]

    def test_noise_is_no_error(self, opened: Detector) -> None:
        """Whatever is found in it must be valid."""
        frames = [builders.frame(builders.noise_picture(320, 240, seed), index=seed) for seed in range(3)]
        self.check(self.detect(opened, frames), frames)

    def test_opens_again_after_closing(self, opened: Detector, frames: list[Frame], context: StageContext) -> None:
        """A closed stage can be opened once more, and a second object gives the same as the first."""
        first = self.detect(opened, frames)
        opened.close()
        self.open(opened)
        assert_same_faces(self.detect(opened, frames), first, self.tolerance)
        with self.stage(self.config(), context) as other:
            assert_same_faces(self.detect(other, frames), first, self.tolerance)
