"""A whole video, made by a generator that paints how loud it is: its timing, what is left alone, what is refused."""

import dataclasses
import subprocess
import sys
from fractions import Fraction

import av
import numpy as np
import pytest

from slceleb_core.errors import SlcelebError, UsageError, VideoError
from slceleb_core.generating import check
from slceleb_core.generating.marking import marked
from slceleb_core.generating.writing import SoundSource, write
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.soundtracks import choose_sound
from slceleb_core.testing import BLUE, RED, Person, Scene
from slceleb_core.types import SAMPLE_RATE, AudioSpan

from .conftest import TALKER, pictures, remuxed

BOX = (20, 30, 70, 80)
"""Of the square in a recording, unless it says otherwise."""

CHIN = (slice(70, 74), slice(40, 50))
"""Pixels well within its lower part: below the mouth that the recording has, which is at most .3 of the square high."""


def bursts(times, duration=3.0, start=0.0):
    """Return silence with 40 ms of noise at some seconds of it."""
    samples = np.zeros(round(duration * SAMPLE_RATE), np.float32)
    for time in times:
        first = round(time * SAMPLE_RATE)
        samples[first : first + 640] = np.random.default_rng(0).uniform(-0.9, 0.9, 640)
    return AudioSpan(samples, start)


def brightness(path):
    """Return the seconds and the mean grey of the chin, of each picture."""
    times, shown = pictures(path)
    return times, shown[:, CHIN[0], CHIN[1]].mean(axis=(1, 2, 3))


def test_what_is_made_has_the_pictures_the_sound_and_the_consent(record, order, make, consent):
    video = record()
    made = make(order(video))
    assert (made.frames, made.changed, made.unseen, made.warnings) == (75, 75, 0, ())
    assert made.consent.read_bytes() == consent.read_bytes()
    assert made.consent.name == "made.consent.yaml"
    times, _ = pictures(made.output)
    np.testing.assert_allclose(times, np.arange(75) / 25, atol=1e-3)
    with AudioTrack.decode(made.output) as sound:
        assert sound.end - sound.start == pytest.approx(3.0, abs=0.03)
        heard = sound.span(0.0, 3.0).samples
    assert np.corrcoef(heard, TALKER.audio().samples)[0, 1] > 0.95
    assert sorted(path.name for path in made.output.parent.iterdir() if path.name.startswith(".")) == []


@pytest.mark.parametrize(
    ("rate", "start", "name"),
    [
        (25, 0.0, "a.mkv"),
        (25, 1.7, "a.mkv"),
        (Fraction(30000, 1001), 0.0, "a.mp4"),
        (Fraction(30000, 1001), 0.533, "a.mkv"),
        (Fraction(24000, 1001), 0.0, "a.mov"),
        (50, 0.25, "a.mkv"),
        (12, 0.0, "a.avi"),
        (25, 0.0, "a.ts"),
    ],
)
def test_each_picture_hears_what_is_heard_with_it(record, order, make, tmp_path, rate, start, name):
    """The fake takes the level of the 100 ms from a moment on: a picture is bright where a burst lies in those."""
    audio = AudioSpan(TALKER.audio().samples, start)
    video = record(name.replace(".ts", ".mp4"), fps=rate, video_start=start, audio=audio)
    video = (
        remuxed(video, tmp_path / name, "-c", "copy") if name.endswith(".ts") else video
    )  # its clock begins at 1.4 s
    other = record("sound.mkv", people=[], audio=bursts([0.5, 1.3, 2.2]))
    made = make(order(video, audio=other, marked=False))
    times, grey = brightness(made.output)
    lit = grey > 60
    wanted = np.zeros(len(times), bool)
    for burst in (0.5, 1.3, 2.2):
        wanted |= (times > burst - 0.1) & (times < burst + 0.04)
    near = np.abs(times[:, None] - np.array([0.5, 1.3, 2.2, 0.4, 1.2, 2.1, 0.54, 1.34, 2.24])).min(axis=1) < 0.012
    assert (lit == wanted)[~near].all(), list(zip(times.round(3), grey.round(), wanted, strict=True))
    assert lit.sum() >= 3
    with AudioTrack.decode(made.output) as sound:
        level = np.abs(sound.span(0.0, 3.0).samples)
    onsets = [
        np.flatnonzero(level[round((b - 0.1) * SAMPLE_RATE) :] > 0.3)[0] / SAMPLE_RATE - 0.1 for b in (0.5, 1.3, 2.2)
    ]
    assert np.abs(onsets).max() < 0.005
    assert times[0] == 0.0


def test_a_recording_that_lies_on_its_side_is_written_upright(record, order, make, tmp_path):
    """Its face is looked for, and changed, where a player shows it."""
    upright = record(size=(160, 120))
    side = remuxed(upright, tmp_path / "side.mp4", "-vf", "transpose=2", "-c:v", "libx264", "-crf", "12", "-c:a", "aac")
    content = bytearray(side.read_bytes())
    place = content.index(b"tkhd") + 44  # a display matrix (ISO/IEC 14496-12, 8.3.2): a quarter turn
    content[place : place + 36] = np.array([0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30], ">i4").tobytes()
    turned = tmp_path / "turned.mp4"
    turned.write_bytes(content)
    made = make(order(turned, audio=upright, marked=False))
    _, before = pictures(turned)
    _, after = pictures(made.output)
    assert before.shape == after.shape == (75, 120, 160, 3)
    assert made.changed == 75
    assert np.abs(before.astype(int) - after)[:, CHIN[0], CHIN[1]].mean() > 40
    assert np.abs(before.astype(int) - after)[:, :, 85:].mean() < 2.0


def test_a_variable_rate_is_kept(order, make, record, tmp_path):
    """Pictures that are shown for 20 to 120 ms keep their times, and hear what is heard at them."""
    from slceleb_core.testing import draw_person

    steps = np.random.default_rng(3).choice([20, 40, 60, 120], 60)
    stamps = np.concatenate([[0], np.cumsum(steps)])
    path = tmp_path / "variable.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "12", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for stamp in stamps:
            image = np.full((120, 160, 3), 120, np.uint8)
            draw_person(image, BOX, RED)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = int(stamp), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    sound = record("sound.mkv", people=[], audio=bursts([1.0], duration=6.0))
    made = make(order(path, audio=sound, marked=False))
    times, grey = brightness(made.output)
    np.testing.assert_allclose(times, stamps / 1000, atol=1e-3)
    assert set(np.flatnonzero(grey > 60)) == set(np.flatnonzero((times > 0.9) & (times < 1.04)))


def test_what_is_beside_the_face_is_the_recording(record, order, make):
    video = record(people=[Person(RED, talker=TALKER), Person(BLUE, (90.0, 30.0, 140.0, 80.0), TALKER)])
    made = make(order(video, marked=False))
    _, before = pictures(video)
    _, after = pictures(made.output)
    apart = np.abs(before.astype(int) - after).astype(float)
    assert apart[:, :, 85:].mean() < 2.0  # the codec
    assert apart[:, :, 85:].max() < 60  # at its sharpest edges
    assert apart[:, CHIN[0], CHIN[1]].mean() > 40


def test_two_videos_in_one_order_give_the_same_twice(record, order, make, tmp_path):
    video = record()
    one, two = make(order(video)), make(order(video, output=tmp_path / "again.mp4"))
    assert (pictures(one.output)[1] == pictures(two.output)[1]).all()


def test_frames_on_which_the_person_is_not_are_left(record, order, make):
    cuts = [Scene(1.0), Scene(2.0, (Person(RED, talker=TALKER),))]
    video = record(cuts=cuts)
    made = make(order(video, marked=False))
    assert (made.frames, made.changed) == (75, 50)
    _, before = pictures(video)
    _, after = pictures(made.output)
    assert np.abs(before[25:50].astype(int) - after[25:50]).mean() < 1.5


@pytest.mark.parametrize(
    ("seconds", "frames", "said"),
    [
        (1.0, 25, "it ends with the sound: the last 2.00 s of"),
        (5.0, 75, "it ends with the pictures: the last 2.00 s of"),
    ],
)
def test_it_is_as_long_as_the_shorter_of_the_two(record, order, make, seconds, frames, said):
    sound = record("sound.mkv", people=[], audio=bursts([0.2], duration=seconds))
    made = make(order(record(), audio=sound))
    times, _ = pictures(made.output)
    assert len(times) == made.frames == frames
    assert made.seconds == pytest.approx(frames / 25, abs=0.001)
    assert said in made.warnings[0]
    with AudioTrack.decode(made.output) as heard:
        assert heard.end - heard.start == pytest.approx(frames / 25, abs=0.025)


def test_a_video_without_sound_serves(record, order, make):
    sound = record("sound.mkv")
    assert make(order(record("silent.mkv", audio=None), audio=sound)).changed == 75


def test_words_are_on_every_picture_unless_they_are_turned_off(record, order, make, tmp_path):
    video = record()
    _, plain = pictures(make(order(video, marked=False, output=tmp_path / "plain.mp4")).output)
    _, worded = pictures(make(order(video)).output)
    apart = np.abs(plain.astype(int) - worded)[:, 4:22, 6:76].mean(axis=(1, 2, 3))
    assert (apart > 40).all()


@pytest.mark.parametrize(
    "size", [(64, 48), (160, 120), (47, 133), (640, 360), (1920, 1080), (3840, 2160), (1080, 1920)]
)
def test_the_mark_is_read_at_any_size(size):
    """Within the safe area, with contrast, and letters of a height that can be read."""
    width, height = size
    blank = np.full((height, width, 3), 128, np.uint8)
    shown = marked(blank)
    changed = np.argwhere((shown != blank).any(axis=-1))
    (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0)
    assert left >= round(0.05 * width) - 1
    assert top >= round(0.05 * height) - 1
    inside = shown[top : bottom + 1, left : right + 1].astype(int)
    assert inside.max() - inside.min() > 200
    if min(size) >= 100:
        assert right <= 0.95 * width
        assert bottom - top >= min(size) / 14
    assert (blank == 128).all()


def test_odd_sizes_are_padded(record, tmp_path):
    sound = record("sound.mkv")
    track = choose_sound(sound).track
    image = np.random.default_rng(0).integers(0, 256, (33, 47, 3), dtype=np.uint8)
    target = tmp_path / "odd.mp4"
    write(target, [(n / 25, image) for n in range(10)], 0.0, 0.04, SoundSource(sound, track, 0.0, 0.4))
    _, shown = pictures(target)
    assert shown.shape == (10, 34, 48, 3)
    assert shown[:, 33].mean() < 40


REFUSALS = {
    "nobody of the name": ({"people": [Person(BLUE, talker=TALKER)]}, {}, "Red is not in it, of 1 tracks of faces"),
    "no face": ({"people": []}, {}, "no face is found in it"),
    "two faces of the name": (
        {"people": [Person(RED, talker=TALKER), Person(RED, (90.0, 30.0, 140.0, 80.0))]},
        {},
        "two faces that are seen together would be Red",
    ),
    "a name without photos": ({}, {"person": "Green"}, "Green"),
    "not seen while the sound lasts": (
        {"cuts": [Scene(0.0), Scene(2.0, (Person(RED),))]},
        {},
        "not seen while the sound",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_it_is_refused_and_leaves_nothing(case, record, order, make, consent, tmp_path):
    how, changes, said = REFUSALS[case]
    video, sound = record(**how), record("sound.mkv", people=[], audio=bursts([0.1], duration=1.0))
    if "person" in changes:
        consent.write_text(consent.read_text().replace("person: Red", f"person: {changes['person']}"))
    before = set(tmp_path.iterdir()) | {tmp_path / "poi"}
    with pytest.raises(SlcelebError) as refused:
        make(order(video, audio=sound, **changes))
    assert said in refused.value.message
    assert "\n" not in str(refused.value)
    assert set(tmp_path.iterdir()) == before


def test_no_sound_in_the_sound_is_refused(record, order, make, tmp_path):
    silent = record("silent.mkv", audio=None)
    with pytest.raises(VideoError, match="there is no sound in it"):
        make(order(record(), audio=silent))
    assert not (tmp_path / "made.mp4").exists()


def test_where_something_stands_nothing_is_written(record, order, make, tmp_path):
    video = record("talking.mp4")
    for output in (video, tmp_path / "consent.yaml", tmp_path / "other.mkv", tmp_path / "nowhere" / "made.mp4"):
        with pytest.raises(UsageError, match=r"--output|there already"):
            check(order(video, output=output))
    (tmp_path / "made.consent.yaml").write_text("another's")
    with pytest.raises(UsageError, match="there already"):
        check(order(video))
    assert (tmp_path / "made.consent.yaml").read_text() == "another's"


@pytest.mark.parametrize("which", ["video", "audio"])
def test_a_file_that_cannot_be_read_is_refused(record, order, make, which, tmp_path):
    video, broken = record(), tmp_path / "broken.mp4"
    for content in (None, b"", b"no video at all"):
        if content is not None:
            broken.write_bytes(content)
        with pytest.raises(VideoError) as refused:
            make(dataclasses.replace(order(video), **{which: broken}))
        assert str(broken) in refused.value.message
    assert not (tmp_path / "made.mp4").exists()


def test_a_detector_without_a_mesh_is_refused(record, order, registry, context, signing):
    from slceleb_core.generating import carry_out
    from slceleb_core.pipeline import Pipeline
    from slceleb_core.profile import Profile, bind, bind_stage
    from slceleb_core.registry import Registry
    from slceleb_core.testing import FakePlugin

    plain = Registry.of(FakePlugin())
    stages = {"detect": {"use": "fake"}, "embed": {"use": "fake"}, "speaker": {"use": "fake"}, "sinks": []}
    pipeline = Pipeline(bind(Profile.model_validate(stages), plain), plain, context)
    with pytest.raises(UsageError, match="gives no mesh of 478 points"):
        carry_out(check(order(record())), pipeline, bind_stage(plain, "generator", "fake", {}, "generator"), context)


MEASURED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from slceleb_core.generating import Order, carry_out, check
from slceleb_core.generating.certificate import own_signing
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile, bind, bind_stage
from slceleb_core.registry import Registry
from slceleb_core.testing import FakeMeshingDetector, FakePlugin, builders
video, folder, seconds = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
registry, context = Registry.of(FakePlugin(detector=FakeMeshingDetector)), builders.context()
stages = {"detect": {"use": "fake-meshing"}, "embed": {"use": "fake"}, "speaker": {"use": "fake"}, "sinks": []}
pipeline = Pipeline(bind(Profile.model_validate(stages), registry), registry, context)
order = Order(video, video, "Red", folder / "poi", folder / "consent.yaml", folder / f"made-{seconds}.mp4")
bound = bind_stage(registry, "generator", "fake", {}, "generator")
made = carry_out(check(order), pipeline, bound, context, signing=own_signing(folder / "signing"))
print(made.changed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length(record, photos, consent, tmp_path, signing):
    """A video of one minute against one of four, each in a process of its own: the peak of all that it takes."""
    own, peaks = record("minute.mkv", duration=60.0, audio=bursts([1.0], 60.0)), {}
    for times in (1, 4):
        looped = tmp_path / f"{times}.mkv"
        subprocess.run(
            ["ffmpeg", "-v", "error", "-stream_loop", str(times - 1), "-i", own, "-c", "copy", looped], check=True
        )
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, looped, tmp_path, str(times), "."],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        changed, peaks[times] = map(int, done.stdout.split())
        assert changed >= 1490 * times
    assert peaks[4] < peaks[1] + 25, peaks
