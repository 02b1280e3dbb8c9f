"""What the networks give by themselves is what MediaPipe's own tasks make of them."""

import cv2
import numpy as np
import pytest

from slceleb_core.media.windows import cut_windows, to_picture
from slceleb_detector_mediapipe.config import MediapipeConfig
from slceleb_detector_mediapipe.eyes import open_eyes
from slceleb_detector_mediapipe.headpose import HeadPose
from slceleb_detector_mediapipe.measure import pose_of
from slceleb_detector_mediapipe.seen import FINDER_PIXELS, MESH_PIXELS
from slceleb_detector_mediapipe.windows import around_find

SIDE = 512
"""Side, in pixels, of the pictures that both are shown."""

SAME = 0.0015
"""Face sizes by which points may differ where both see the same pixels; at most .00096 on five clips."""

ALIKE = 0.02
"""The same where windows are cut as slceleb cuts them: pixels have their middle, and none is skipped.

On five clips at most .017, .003 on average; of a face of 42 pixels, else .001.
"""

CLIPS = ["talker_a.mp4", "talker_b.mp4", "obama_biden.mp4", "grid_s2.mpg", "hamilton.mp4"]


@pytest.fixture(scope="module")
def direct(archive):
    return open_eyes(archive, MediapipeConfig(runtime="litert", blendshapes=True), 1, "cpu")


@pytest.fixture(scope="module")
def task(archive):
    """Give MediaPipe's Face Landmarker, with the transforms."""
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(archive.path)),
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        yield landmarker


def asked(task, picture):
    """Return landmarks in pixels, transform and blendshapes that MediaPipe gives for a picture; it sees one face."""
    import mediapipe as mp

    result = task.detect(mp.Image(mp.ImageFormat.SRGB, np.ascontiguousarray(picture)))
    if not result.face_landmarks:
        return None  # what the finder took for a face is none
    points, transform, shapes = (
        of[0] for of in (result.face_landmarks, result.facial_transformation_matrixes, result.face_blendshapes)
    )
    landmarks = np.array([(p.x, p.y, p.z) for p in points]) * picture.shape[0]
    return landmarks, np.asarray(transform), np.array([shape.score for shape in shapes])


def warped(picture, window, pixels):
    """Cut a window as MediaPipe (``image_to_tensor_converter_opencv.cc``): by pixels' corners, one sample each."""
    x, y, side, angle = window
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * side / pixels
    matrix = np.column_stack([turn, np.array([x, y]) - turn @ np.full(2, pixels / 2)])
    return cv2.warpAffine(picture, matrix, (pixels, pixels), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


@pytest.fixture
def pictures(clip, direct):
    """Give a function: square pictures of a clip's largest face, which fills half of each."""

    def of(name):
        for frame in clip(name)[5::60]:
            height, width = frame.image.shape[:2]
            side = max(width, height)
            whole = cut_windows(frame.image, np.array([[width / 2, height / 2, side, 0.0]]), FINDER_PIXELS)[0]
            finds = [find.placed((width - side) / 2, (height - side) / 2, side) for find in direct.finder.find(whole)]
            for find in sorted(finds, key=lambda find: find.box[0] - find.box[2])[:1]:
                middle, size = (find.box[:2] + find.box[2:]) / 2, find.box[2] - find.box[0]
                yield cut_windows(frame.image, np.array([[*middle, 2 * size, 0.0]]), SIDE)[0]

    return of


@pytest.fixture
def faces(pictures, task):
    """Give a function: pictures of a clip, and what MediaPipe gives for each."""
    return lambda name: [(picture, said) for picture in pictures(name) if (said := asked(task, picture)) is not None]


def window_in(picture, direct, small):
    """Return the window around the face that the finder sees on a picture, of which `small` is the finder's size."""
    find = direct.finder.find(small)[0].placed(0, 0, len(picture))
    return around_find(find.box, find.points)[None]


@pytest.mark.parametrize("name", CLIPS)
def test_the_same_pixels_give_the_same_landmarks_and_blendshapes(name, faces, direct):
    seen = 0
    for picture, (landmarks, _, shapes) in faces(name):
        whole = np.array([SIDE / 2, SIDE / 2, SIDE, 0.0])
        window = window_in(picture, direct, warped(picture, whole, FINDER_PIXELS))
        meshes = direct.mesher.mesh(warped(picture, window[0], MESH_PIXELS)[None], window)
        size = np.ptp(landmarks[:, :2], axis=0).max()
        assert np.abs(to_picture(meshes.points, window)[0] - landmarks).max() < SAME * size
        assert np.abs(meshes.blendshapes[0] - shapes).max() < 0.02
        assert meshes.presence[0] > 0.5
        seen += 1
    assert seen > 1


@pytest.mark.parametrize("name", CLIPS)
def test_cut_as_slceleb_cuts_them_faces_have_nearly_the_same_landmarks(name, faces, direct):
    apart = []
    for picture, (landmarks, _, _) in faces(name):
        small = cut_windows(picture, np.array([[SIDE / 2, SIDE / 2, SIDE, 0.0]]), FINDER_PIXELS)[0]
        window = window_in(picture, direct, small)
        meshes = direct.mesher.mesh(cut_windows(picture, window, MESH_PIXELS), window)
        size = np.ptp(landmarks[:, :2], axis=0).max()
        apart.append(np.abs(to_picture(meshes.points, window)[0] - landmarks) / size)
    assert np.max(apart) < ALIKE
    assert np.mean(apart) < ALIKE / 5


def test_poses_are_those_of_mediapipes_transforms(archive, faces):
    poses = HeadPose(archive.geometry)
    for _, (landmarks, transform, _) in faces("hamilton.mp4"):
        exact = poses.transforms_within(landmarks[None], np.full((1, 2), SIDE / 2), np.array([float(SIDE)]))[0]
        assert pose_of(exact) == pytest.approx(pose_of(transform), abs=0.01)
        assert pose_of(poses.transforms(landmarks[None])[0]) == pytest.approx(pose_of(transform), abs=1.0)


def test_a_file_whose_canonical_face_is_broken_is_told():
    for content in (b"", b"\x0a", b"\x0b\x00", b"\x80"):
        with pytest.raises(ValueError, match=r"missing|wire type|ends"):
            HeadPose(content)
