"""What other cameras show while a frame of the first is shown, at whatever rates they count."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from slceleb_core.decision.views.moments import moments
from slceleb_core.decision.views.sightings import ViewFrame
from slceleb_core.testing.sightings import view_frame

RATES = (11.94, 24000 / 1001, 25.0, 30000 / 1001, 50.0, 60.0)


def video(camera, fps, seconds=4.0, begin=0.0):
    return [view_frame(camera, n, fps=fps, begin=begin) for n in range(round(seconds * fps))]


def shown(first, *others):
    return list(moments(first, {place: iter(frames) for place, frames in enumerate(others, start=1)}))


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("other", RATES)
def test_each_moment_has_the_frame_that_the_other_camera_shows_in_the_middle_of_it(fps, other):
    first, second = video(0, fps), video(1, other, begin=0.013)
    for moment, frame in zip(shown(first, second), first, strict=True):
        assert (moment.index, moment.time, moment.end, moment.frames[0]) == (frame.index, frame.time, frame.end, frame)
        middle = (frame.time + frame.end) / 2
        expected = [each for each in second if each.time <= middle < each.end]
        assert [moment.frames[1]] == expected if expected else 1 not in moment.frames


def test_a_camera_that_starts_late_and_ends_early_is_not_shown_before_and_behind():
    found = shown(video(0, 25.0), video(1, 25.0, seconds=1.0, begin=1.5))
    there = [moment.time for moment in found if 1 in moment.frames]
    assert (len(found), len(there)) == (100, 25)
    assert (there[0], there[-1]) == pytest.approx((1.48, 2.44), abs=0.021)


def test_a_camera_without_a_frame_is_not_shown():
    assert [set(moment.frames) for moment in shown(video(0, 25.0, seconds=0.2), [])] == [{0}] * 5


def test_of_a_first_camera_without_a_frame_there_are_no_moments():
    assert shown([], video(1, 25.0)) == []


def test_what_lies_in_a_gap_of_the_other_camera_is_not_shown():
    """It stopped for a second: its last frame before lasts as long as it says, and no longer."""
    second = [frame for frame in video(1, 25.0) if not 1.0 <= frame.time < 2.0]
    there = [moment.time for moment in shown(video(0, 25.0), second) if 1 in moment.frames]
    assert not [time for time in there if 1.0 <= time < 1.98]
    assert len(there) == 75


def test_a_frame_that_lasts_long_is_shown_as_long():
    slow = [ViewFrame(1, 0, 0, 0.0, 2.0, ()), ViewFrame(1, 1, 0, 2.0, 4.0, ())]
    assert [moment.frames[1].index for moment in shown(video(0, 25.0), slow)] == [0] * 50 + [1] * 50


def test_frames_of_a_fast_camera_that_no_moment_needs_are_passed_over():
    found = [moment.frames[1].index for moment in shown(video(0, 10.0), video(1, 50.0))]
    assert found == [2 + 5 * n for n in range(40)]


@given(
    times=some.lists(some.integers(1, 40), min_size=1, max_size=30),
    others=some.lists(some.integers(1, 40), max_size=30),
    begin=some.integers(-300, 300),
)
def test_whatever_the_rates_each_frame_has_its_moment_and_shows_what_is_shown_then(times, others, begin):
    def made(camera, steps, start):
        frames, now = [], start
        for index, step in enumerate(steps):
            frames.append(ViewFrame(camera, index, 0, now / 100, (now + step) / 100, ()))
            now += step
        return frames

    first, second = made(0, times, 0), made(1, others, begin)
    found = shown(first, second)
    assert [moment.frames[0] for moment in found] == first
    for moment in found:
        middle = (moment.time + moment.end) / 2
        expected = [frame for frame in second if frame.time <= middle < frame.end]
        assert [moment.frames[1]] == expected if expected else 1 not in moment.frames
