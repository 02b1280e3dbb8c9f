"""The annotated file: pictures and sound at the times that they have, of any source, or no file at all."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from slceleb_core.errors import OutputError, VideoError
from slceleb_core.sinks.annotated.sink import AnnotatedSink
from slceleb_core.testing import builders

RATE = 16_000
STEADY = [0.04 * n for n in range(25)]


def results(times, first=0):
    """Return results without faces."""
    return [builders.frame_result(n, time=time, faces=[]) for n, time in enumerate(times, start=first)]


def click(start, at, seconds=1.5):
    """Return sound for a plain video: silence from PTS `start` on, and one click at PTS `at`."""
    samples = np.zeros(round(seconds * RATE), np.float32)
    samples[round((at - start) * RATE) :][:40] = 0.9
    return start, samples


def times_of(studio, path):
    return [time for time, _ in studio.pictures(path)]


def flash_and_click(studio, path):
    """Return when the first white picture is shown, and when the click is heard, in seconds."""
    flash = next(time for time, image in studio.pictures(path) if np.median(image[:100]) > 200)
    start, samples = studio.sound_of(path)
    return flash, start + int(np.argmax(np.abs(samples) > 0.4)) / RATE


@pytest.mark.parametrize("times", [STEADY, [0.0, 0.04, 0.1, 0.101, 0.5, 2.25], [0.852, 0.9, 1.2], [-0.0, 9.9]])
def test_every_picture_keeps_its_time(studio, times):
    made = studio.annotate(studio.plain(times), results(times))
    assert times_of(studio, made) == pytest.approx(times, abs=1e-4)


@pytest.mark.parametrize("apart", [1 / 90_000, 1 / 600_000])
def test_of_pictures_that_lie_nearer_than_a_tick_the_later_one_is_seen(studio, apart):
    """As the time stamps of mended files do."""
    times = [0.0, 0.04, 0.04 + apart, 0.08, 0.12]
    video = studio.plain(times, name="plain.nut", ticks=1_800_000, bright={2})
    shown = studio.pictures(studio.annotate(video, results(times)))
    assert {round(time, 3) for time, _ in shown} == {0.0, 0.04, 0.08, 0.12}
    assert [bool(np.median(image[:100]) > 200) for _, image in shown[-3:]] == [True, False, False]


def test_the_pictures_are_those_of_their_times(studio):
    times = [0.0, 0.04, 0.5, 0.54]
    made = studio.annotate(studio.plain(times, bright={2}), results(times))
    assert [bool(np.median(image[:100]) > 200) for _, image in studio.pictures(made)] == [False, False, True, False]


@pytest.mark.parametrize(
    ("first", "sound", "flash"),
    [(0.84, 0.008, 1.0), (0.0, 0.0, 0.16), (0.0, 0.1, 0.16), (100.0, 99.9, 0.16), (100.0, 100.1, 0.16)],
    ids=["sound first", "together", "pictures first", "late, sound first", "late, pictures first"],
)
def test_sound_and_pictures_stay_together(studio, first, sound, flash):
    """Also where the file begins so late that a player would wait: then the first picture is at 0."""
    times = [first + time for time in STEADY]
    video = studio.plain(times, bright={4}, sound=click(sound, first + 0.16))
    seen, heard = flash_and_click(studio, studio.annotate(video, results(times)))
    assert seen == pytest.approx(flash, abs=0.001)
    assert heard == pytest.approx(flash, abs=0.002)


@pytest.mark.parametrize("hours", [1, 300])
def test_a_jump_of_the_clock_is_ten_seconds_and_sound_stays_with_its_pictures(studio, hours):
    jump = hours * 3600.0
    times = [*STEADY, *(jump + time for time in STEADY)]
    video = studio.plain(times, bright={29}, sound=click(jump, jump + 0.16))
    made = studio.annotate(video, results(times))
    assert times_of(studio, made) == pytest.approx([*STEADY, *(10.96 + time for time in STEADY)], abs=1e-3)
    assert flash_and_click(studio, made) == pytest.approx((11.12, 11.12), abs=0.002)
    assert made.stat().st_size < 1_000_000


def test_of_a_part_there_is_that_part_from_0_on_with_its_sound(studio):
    """A part has the numbers that its frames have in the file."""
    video = studio.plain(STEADY, bright={14}, sound=click(0.0, 0.56))
    made = studio.annotate(video, results(STEADY[10:20], first=10))
    assert times_of(studio, made) == pytest.approx([time - 0.4 for time in STEADY[10:20]], abs=1e-4)
    assert flash_and_click(studio, made) == pytest.approx((0.16, 0.16), abs=0.002)
    start, samples = studio.sound_of(made)
    assert start + len(samples) / RATE < 0.4 + 0.07, "the sound goes on after the last picture"


def test_the_sound_can_be_left_out(studio):
    video = studio.plain(STEADY, sound=click(0.0, 0.5))
    with pytest.raises(IndexError):
        studio.sound_of(studio.annotate(video, results(STEADY), sound=False))
    studio.sound_of(studio.annotate(video, results(STEADY), sound=True))


def test_less_quality_is_a_smaller_file(studio):
    video = studio.plain(STEADY, bright=set(range(0, 25, 2)))
    large, small = (studio.annotate(video, results(STEADY), crf=crf).stat().st_size for crf in (10, 45))
    assert small < large


@pytest.mark.parametrize(
    ("size", "options", "width"),
    [((320, 240), {}, 640), ((320, 240), {"min_size": 64}, 320), ((320, 240), {"min_size": 64, "max_size": 120}, 160)],
)
def test_pictures_are_enlarged_or_reduced_as_asked(studio, size, options, width):
    ((_, image),) = studio.pictures(studio.annotate(studio.plain(size=size), results([0.0]), **options))
    assert image.shape[1] == width


def test_pictures_that_cannot_be_decoded_again_are_left_out_and_counted(studio, caplog):
    """A damaged file may give other pictures each time."""
    before = [0.0, 0.02, 0.04, 0.08, 0.1, 0.2]
    now = [0.0, 0.04, 0.06, 0.08, 0.2]
    with caplog.at_level(logging.WARNING):
        made = studio.annotate(studio.plain(now, bright={2}), results(before))
    assert times_of(studio, made) == pytest.approx([0.0, 0.04, 0.08, 0.2], abs=1e-4)
    assert not any(np.median(image[:100]) > 200 for _, image in studio.pictures(made)), "nobody looked at that one"
    assert "2 pictures could not be decoded again" in caplog.text


def test_a_damaged_file_is_annotated_as_far_as_it_can_be_read(studio):
    video = studio.plain(STEADY, bright=set(range(0, 25, 3)))
    video.write_bytes(video.read_bytes()[: video.stat().st_size * 2 // 3])
    readable = times_of(studio, video)
    assert 5 < len(readable) < 25
    assert times_of(studio, studio.annotate(video, results(readable))) == pytest.approx(readable, abs=1e-4)


def broken(studio, break_it):
    """Return the folder of a sink that could not commit, once it has been aborted, and what it raised."""
    video = studio.plain(STEADY)
    job = studio.job(video)
    with AnnotatedSink(AnnotatedSink.Config(), builders.context()) as sink:
        sink.start(job)
        studio.feed(sink, results(STEADY))
        break_it(job)
        with pytest.raises((VideoError, OutputError)) as raised:
            sink.commit(builders.summary(video=job.video))
        sink.abort()
    return job.folder, raised.value


@pytest.mark.parametrize(
    ("break_it", "kind"),
    [
        (lambda job: job.video.path.unlink(), VideoError),
        (lambda job: job.video.path.write_bytes(b"no video"), VideoError),
        (lambda job: job.video.path.write_bytes(b""), VideoError),
        (lambda job: (job.folder / "annotated.mp4").mkdir(), OutputError),
    ],
    ids=["gone", "no video", "empty", "in the way"],
)
def test_what_cannot_be_written_leaves_no_half_file(studio, break_it, kind):
    folder, error = broken(studio, break_it)
    assert isinstance(error, kind)
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_another_video_in_its_place_is_noticed(studio):
    folder, error = broken(studio, lambda _: studio.plain([50.0, 50.5]))
    assert "gone" in str(error)
    assert list(folder.iterdir()) == []


def test_of_a_video_without_a_frame_there_is_no_file(studio):
    job = studio.job(studio.plain())
    with AnnotatedSink(AnnotatedSink.Config(), builders.context()) as sink:
        sink.start(job)
        sink.commit(builders.summary(video=replace(job.video, width=0, height=0)))
    assert list(job.folder.iterdir()) == []
