"""What a detector must do, and one that finds and looks apart."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from slceleb_core.media.windows import windows_of
from slceleb_core.stages import Detector, MeshingDetector, StageContext
from slceleb_core.testing import builders
from slceleb_core.testing.conformance.common import StageConformance
from slceleb_core.testing.portrait import portrait_frames
from slceleb_core.types import FACE_COLUMNS, PLACE_COLUMNS, Array, Faces, FaceWindows, Found, Frame, Meshed

FRAMES = 8


def assert_same_faces(got: Sequence[Faces | None], wanted: Sequence[Faces | None], tolerance: float) -> None:
    """Fail unless both are the same faces, in the same order, up to `tolerance` in every column's own unit."""
    assert [None if faces is None else len(faces) for faces in got] == [
        None if faces is None else len(faces) for faces in wanted
    ]
    for number, (found, meant) in enumerate(zip(got, wanted, strict=True)):
        if found is None or meant is None:
            continue
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


def _looked(found: Sequence[Faces | None]) -> list[Faces]:
    """Return the faces of the frames that were looked at."""
    return [faces for faces in found if faces is not None]


class DetectorConformance(StageConformance):
    """The contract of ``Detector``.

    Fixture ``frames``: consecutive frames of one shot with at least one face that the detector finds. By default a
    drawn face that moves a little (``slceleb_core.testing.portrait``). A detector that does not take it for one breaks
    no promise: what can be shown on a face only is skipped, until `frames` is overridden.

    Attributes
    ----------
    tolerance
        By how much two equal results may differ: arithmetic in batches is not exact.
    """

    stage: ClassVar[type[Detector]]
    tolerance: ClassVar[float] = 1e-3

    @pytest.fixture
    def frames(self) -> list[Frame]:
        """Return frames with a face."""
        return portrait_frames(FRAMES)

    def detect(self, detector: Detector, frames: Sequence[Frame], batch: int = FRAMES) -> list[Faces | None]:
        """Return what the detector says of a new video of those frames, handed over in batches."""
        height, width = frames[0].image.shape[:2] if frames else (120, 160)
        detector.start(builders.video_info(width=width, height=height))
        return [faces for n in range(0, len(frames), batch) for faces in detector.detect(frames[n : n + batch])]

    @classmethod
    def demand_a_face(cls, count: int) -> None:
        """Fail where none is found on frames that have one; skip where nobody said that the detector finds it."""
        shows = next(owner for owner in cls.__mro__ if "frames" in vars(owner))
        if not count and shows is DetectorConformance:
            pytest.skip("the drawn portrait is not taken for a face: override the fixture `frames`")
        assert count, "no face found on frames that have one"

    def check(self, found: Sequence[Faces | None], frames: Sequence[Frame]) -> None:
        """Fail unless these are faces as the contract wants them."""
        assert len(found) == len(frames), f"{len(found)} results for {len(frames)} frames"
        assert not found or found[0] is not None, "the first frame of a shot was not looked at"
        for faces in found:
            if faces is None:
                continue
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

    def test_it_likes_to_be_handed_a_frame_or_more(self) -> None:
        """How many is its own affair."""
        assert type(self.stage.batch_frames) is int
        assert self.stage.batch_frames >= 1

    def test_no_frames_give_no_faces(self, opened: Detector) -> None:
        """An empty batch is a batch."""
        assert self.detect(opened, []) == []
        assert list(opened.detect([])) == []

    def test_finds_valid_faces(self, opened: Detector, frames: list[Frame]) -> None:
        """Shapes, promised columns, finite values, boxes with area, scores in 0..1; and at least one face."""
        found = self.detect(opened, frames)
        self.check(found, frames)
        looked = _looked(found)
        self.demand_a_face(sum(len(faces) for faces in looked))
        for name in self.stage.capabilities(self.config()):
            known = [_known(name, getattr(faces, name)).any() for faces in looked]
            assert any(known), f"{name} is promised and of no face known"

    def test_boxes_lie_on_the_picture(self, opened: Detector, frames: list[Frame]) -> None:
        """They are pixels, x before y: a box in shares of the picture or with its columns swapped is not one."""
        height, width = frames[0].image.shape[:2]
        for faces in _looked(self.detect(opened, frames)):
            middles = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
            assert ((middles >= 0) & (middles <= (width, height))).all()
            assert (faces.sizes > 2.0).all(), "boxes smaller than 2 pixels"

    def test_five_points_are_in_order(self, opened: Detector, frames: list[Frame]) -> None:
        """Eyes, nose and mouth corners as they lie on the picture: faces are aligned by them."""
        if "keypoints5" not in self.stage.capabilities(self.config()):
            pytest.skip("the detector does not promise keypoints5")
        for faces in _looked(self.detect(opened, frames)):
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
        assert [len(faces) for faces in _looked(found)] == [0] * len(_looked(found))

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


class MeshingDetectorConformance(DetectorConformance):
    """The contract of ``MeshingDetector``, and that of ``Detector``; the fixture `frames` is the same.

    Attributes
    ----------
    drift
        By how much of its size a face may be elsewhere when only every other frame was a key frame.
    """

    stage: ClassVar[type[MeshingDetector]]
    drift: ClassVar[float] = 0.1

    def find(self, detector: MeshingDetector, frames: Sequence[Frame]) -> list[Found]:
        """Return what the detector finds on the key frames of a new video."""
        height, width = frames[0].image.shape[:2]
        detector.start(builders.video_info(width=width, height=height))
        return detector.find(frames)

    def windows(self, found: Sequence[Found], frames: Sequence[Frame]) -> FaceWindows:
        """Return all windows of some frames, cut as the core cuts them."""
        pixels = self.stage.window_pixels
        cut = [windows_of(frame.pixels, of.windows, pixels) for frame, of in zip(frames, found, strict=True)]
        return FaceWindows(np.concatenate(cut), np.concatenate([of.windows for of in found]))

    @pytest.fixture
    def looked_at(self, opened: MeshingDetector, frames: list[Frame]) -> FaceWindows:
        """Return the windows of all faces of the frames; at least one."""
        windows = self.windows(self.find(opened, frames), frames)
        self.demand_a_face(len(windows))
        return windows

    def test_key_frames_give_the_faces_of_all_frames(self, opened: MeshingDetector, frames: list[Frame]) -> None:
        """With every other frame left out, the rest have the same faces, near to where they are else."""
        every = self.find(opened, frames)[::2]
        for seldom, often in zip(self.find(opened, frames[::2]), every, strict=True):
            assert len(seldom.faces) == len(often.faces)
            off = np.abs(seldom.faces.boxes - often.faces.boxes).max(axis=1, initial=0.0)
            assert (off <= self.drift * often.faces.sizes).all(), "a face is elsewhere when frames are left out"

    def test_a_window_holds_its_face(self, opened: MeshingDetector, frames: list[Frame]) -> None:
        """The middle of the face lies in the middle half of the window, and the window is larger than the face."""
        for found in self.find(opened, frames):
            middles = (found.faces.boxes[:, :2] + found.faces.boxes[:, 2:]) / 2
            off = np.linalg.norm(middles - found.windows[:, :2], axis=1)
            assert (off <= found.windows[:, 2] / 4).all()
            assert (found.windows[:, 2] > found.faces.sizes).all()

    def test_a_window_stays_while_nothing_moves(self, opened: MeshingDetector, frames: list[Frame]) -> None:
        """Landmarks move with the window that they are seen through."""
        still = [Frame(frame.index, frame.time, frames[0].image, frame.shot) for frame in frames]
        first, *later = self.find(opened, still)
        assert all(np.array_equal(found.windows, first.windows) for found in later)

    def test_looking_through_a_window_gives_what_was_found(self, opened: MeshingDetector, frames: list[Frame]) -> None:
        """Else landmarks would jump at every key frame."""
        for frame, found in zip(frames, self.find(opened, frames), strict=True):
            seen = opened.mesh(self.windows([found], [frame]))
            assert isinstance(seen, Meshed)
            meshed = found.faces[seen.rows]
            np.testing.assert_allclose(seen.faces.boxes, meshed.boxes, atol=self.tolerance)
            landmarks, expected = seen.faces.landmarks478, meshed.landmarks478
            assert landmarks is not None
            assert expected is not None
            known = ~np.isnan(expected).all(axis=(1, 2))
            np.testing.assert_allclose(landmarks[known], expected[known], atol=self.tolerance)

    def test_what_is_seen_through_windows_is_valid(self, opened: MeshingDetector, looked_at: FaceWindows) -> None:
        """Faces with landmarks, finite, with scores in 0..1; the windows' rows rise."""
        seen = opened.mesh(looked_at)
        assert len(seen.faces) > 0
        assert seen.faces.landmarks478 is not None
        for name in FACE_COLUMNS:
            values = getattr(seen.faces, name)
            assert values is None or np.isfinite(values).all(), f"{name} is not finite"
        assert ((seen.faces.scores >= 0) & (seen.faces.scores <= 1)).all()

    def test_no_windows_give_no_faces(self, opened: MeshingDetector) -> None:
        """An empty batch is a batch."""
        pixels = self.stage.window_pixels
        assert len(opened.mesh(FaceWindows(np.zeros((0, pixels, pixels, 3), np.uint8), np.zeros((0, 4)))).faces) == 0

    def test_windows_without_a_face_have_none(self, opened: MeshingDetector, looked_at: FaceWindows) -> None:
        """They are left out, and the rows say which."""
        images = np.repeat(looked_at.images[:1], 3, axis=0)
        images[1] = 0
        seen = opened.mesh(FaceWindows(images, np.repeat(looked_at.windows[:1], 3, axis=0)))
        assert list(seen.rows) == [0, 2]

    def test_how_windows_are_divided_into_batches_does_not_matter(
        self, opened: MeshingDetector, looked_at: FaceWindows
    ) -> None:
        """To the last bit: what is computed again must equal what was kept."""
        whole = opened.mesh(looked_at).faces
        rows = [
            opened.mesh(FaceWindows(looked_at.images[n : n + 1], looked_at.windows[n : n + 1])).faces
            for n in range(len(looked_at))
        ]
        assert_same_faces([whole[[n]] for n in range(len(whole))], [row for row in rows if len(row)], 0.0)

    def test_threads_do_not_matter(
        self, opened: MeshingDetector, looked_at: FaceWindows, context: StageContext
    ) -> None:
        """To the last bit."""
        for threads in (1, 3):
            with self.stage(self.config(), replace(context, threads=threads)) as other:
                assert_same_faces([other.mesh(looked_at).faces], [opened.mesh(looked_at).faces], 0.0)

    def test_looking_does_not_disturb_finding(
        self, opened: MeshingDetector, frames: list[Frame], looked_at: FaceWindows
    ) -> None:
        """It keeps no state, and another thread may do it meanwhile."""
        alone = [found.faces for found in self.find(opened, frames)]
        with ThreadPoolExecutor(1) as other:
            looking = [other.submit(opened.mesh, looked_at) for _ in range(3)]
            beside = [found.faces for found in self.find(opened, frames)]
        assert_same_faces(beside, alone, 0.0)
        assert_same_faces([look.result().faces for look in looking], [opened.mesh(looked_at).faces] * 3, 0.0)
