import numpy as np

from slceleb_core.perception.shots import ShotConfig, mark_shots
from slceleb_core.testing.builders import frame, noise_picture, picture

RED, BLUE = (200, 30, 30), (30, 30, 200)


def shots(images):
    return [shot.shot for shot in mark_shots((frame(image, index=n) for n, image in enumerate(images)), ShotConfig())]


def test_a_hard_cut_begins_a_shot():
    assert shots([picture(colour=RED)] * 3 + [picture(colour=BLUE)] * 3) == [0, 0, 0, 1, 1, 1]


def test_a_jump_of_the_clock_ends_a_shot_and_a_slow_slide_show_does_not():
    def marked(times):
        frames = (frame(picture(colour=RED), index=n, time=time) for n, time in enumerate(times))
        return [shot.shot for shot in mark_shots(frames, ShotConfig())]

    assert marked([0.0, 0.04, 72_000.0, 72_000.04]) == [0, 0, 1, 1]
    assert marked([0.0, 5.0, 10.0]) == [0, 0, 0]


def test_a_still_picture_is_one_shot():
    assert set(shots([picture(colour=RED)] * 30)) == {0}


def test_motion_is_no_cut():
    scene = noise_picture(640, 360, seed=1)
    scene = np.kron(scene[:9, :16], np.ones((40, 40, 1), dtype=np.uint8))
    assert set(shots([np.roll(scene, 8 * n, axis=1) for n in range(30)])) == {0}


def test_a_fade_is_no_cut():
    assert set(shots([picture(colour=(8 * n, 8 * n, 8 * n)) for n in range(30)])) == {0}


def test_restless_frames_are_not_each_a_shot():
    images = [picture(colour=(100 + 60 * (n % 2),) * 3) for n in range(20)]
    assert max(shots(images)) <= 1


def test_tiny_and_huge_pictures_pass():
    assert shots([picture(1, 1), picture(1, 1)]) == [0, 0]
    assert shots([picture(7680, 4320), picture(7680, 4320)]) == [0, 0]


def test_frames_keep_everything_else():
    (one,) = mark_shots([frame(index=7, time=3.5)], ShotConfig())
    assert (one.index, one.time, one.shot) == (7, 3.5, 0)
