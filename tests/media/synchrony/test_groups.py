"""Files of one event on one clock, and what is said of those that are not."""

import re
import shutil
from fractions import Fraction

import av
import numpy as np
import pytest

from slceleb_core.errors import UsageError
from slceleb_core.media.clocks import Clock
from slceleb_core.media.synchrony import Recording, compare, synchronise
from slceleb_core.testing import Person, SyntheticTalker, write_video
from slceleb_core.testing.cameras import Camera, film
from slceleb_core.testing.microphones import Microphone

NEAR = Microphone(reverberation=0.2, snr=20.0)
FAR = Microphone(reverberation=0.4, direct=0.0, snr=10.0)


def scene_of(path, seed, seconds=16.0):
    talker = SyntheticTalker(seed=seed, duration=seconds)
    return write_video(path, [Person(talker=talker)], audio=talker.audio(), duration=seconds, size=(64, 48), fps=10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("group")


@pytest.fixture(scope="module")
def scene(folder):
    return scene_of(folder / "scene.mkv", 1)


@pytest.fixture(scope="module")
def near(scene, folder):
    return film(scene, Camera("near", microphone=NEAR, seed=1), folder)


@pytest.fixture(scope="module")
def far(scene, folder):
    return film(
        scene, Camera("far", starts=2.5, drift=-70.0, begin=4.0, microphone=FAR, seed=2, container=".mov"), folder
    )


@pytest.fixture(scope="module")
def stranger(folder):
    return scene_of(folder / "stranger.mkv", 7)


@pytest.fixture(scope="module")
def mute(scene, folder):
    return film(scene, Camera("mute", starts=1.0, microphone=None), folder)


def group(*files, reference="near", **known):
    offsets = known.get("offsets", {})
    named = [getattr(file, "path", file) for file in files]
    return synchronise([Recording(path, offset=offsets.get(path.stem)) for path in named], reference)


def off(found, first, other):
    placement, truth = found[other.camera.name], first.told(other)
    return max(abs(1000 * (placement.clock.other(moment) - truth.other(moment))) for moment in (4.5, 12.0))


def test_cameras_are_placed_and_strangers_are_not(near, far, stranger):
    found = group(near, stranger, far)
    assert [placement.camera for placement in found.placements] == ["near", "far"]
    assert off(found, near, far) < 2.0
    assert (found["near"].source, found["far"].source) == ("reference", "sound")
    assert found["near"].clock == Clock()
    (refused,) = found.refused
    assert refused.camera == "stranger"
    assert f"{stranger}: does not belong to {near.path}" in refused.reason
    assert found.holds


def test_two_strangers_are_no_group(near, stranger):
    found = group(near, stranger)
    assert not found.holds
    assert [placement.camera for placement in found.placements] == ["near"]


def test_a_pair_of_another_event_is_pointed_out(near, far, stranger, folder):
    beside = film(stranger, Camera("beside", starts=1.0, microphone=NEAR, seed=4), folder)
    found = group(near, stranger, far, beside)
    assert {refused.camera for refused in found.refused} == {"stranger", "beside"}
    assert found.notes == (f"{stranger} and {beside.path} belong together: another group?",)


def test_one_that_shares_nothing_with_the_reference_is_placed_by_way_of_another(scene, folder):
    early = film(scene, Camera("early", lasts=7.0, microphone=NEAR, seed=1), folder)
    middle = film(scene, Camera("middle", starts=1.0, microphone=NEAR, seed=2), folder)
    late = film(scene, Camera("late", starts=8.0, microphone=NEAR, seed=3), folder)
    found = group(early, middle, late, reference="early")
    assert abs(found["late"].clock.offset - early.told(late).offset) < 0.002
    assert any("placed by way of" in note for note in found["late"].notes)


def test_without_a_word_the_reference_is_the_one_that_shares_most(scene, folder):
    cameras = [
        Camera("first", lasts=8.0, microphone=NEAR, seed=1),
        Camera("all", microphone=NEAR, seed=2),
        Camera("last", starts=7.0, microphone=NEAR, seed=3),
    ]
    found = group(*(film(scene, camera, folder) for camera in cameras), reference=None)
    assert found.reference == "all"
    assert len(found.placements) == 3


def test_a_clearer_sound_is_worth_no_more_than_a_hundredth_of_what_is_shared(scene, folder):
    """What lies beyond the reference's sound is heard by nobody."""
    noisy = film(scene, Camera("noisy", microphone=Microphone(snr=12.0), seed=3), folder)
    for starts, chosen in ((0.1, {"clear"}), (0.4, {"noisy", "third"})):
        clear = film(scene, Camera("clear", starts=starts), folder)
        third = film(scene, Camera("third", microphone=Microphone(snr=12.0), seed=4), folder)
        assert group(noisy, clear, third, reference=None).reference in chosen


def test_of_two_the_longer_one_is_the_reference_unless_they_are_about_as_long(scene, folder):
    noisy = film(scene, Camera("grainy", microphone=Microphone(snr=12.0), seed=5), folder)
    for starts, chosen in ((0.1, "clean"), (0.4, "grainy")):
        clear = film(scene, Camera("clean", starts=starts), folder)
        assert group(noisy, clear, reference=None).reference == chosen


def test_one_file_twice_is_said(near, far, folder):
    shutil.copyfile(near.path, folder / "copy.mp4")
    found = group(near, folder / "copy.mp4", far)
    (refused,) = found.refused
    assert refused.reason == f"{folder / 'copy.mp4'}: is the same file as {near.path}"


def test_what_cannot_be_read_does_not_cost_the_others(near, far, folder):
    (folder / "broken.mp4").write_bytes(b"no video at all")
    found = group(near, folder / "broken.mp4", folder / "missing.mp4", far)
    assert [refused.camera for refused in found.refused] == ["broken", "missing"]
    assert "no such file" in found.refused[1].reason
    assert found["far"].source == "sound"


def test_without_sound_there_is_no_place(near, far, mute):
    found = group(near, far, mute)
    (refused,) = found.refused
    assert refused.reason == f"{mute.path}: has no sound by which to place it"
    assert "mute.mp4=SECONDS" in refused.hint


def test_unless_it_is_given(near, far, mute):
    found = group(near, far, mute, offsets={"mute": 1.0})
    assert (found["mute"].source, found["mute"].clock, found["mute"].windows) == ("given", Clock(1.0), 0)
    assert not found.refused


def test_an_offset_that_is_given_wins_and_is_checked(near, far):
    given = near.told(far).offset
    agreed = group(near, far, offsets={"far": given})["far"]
    assert (agreed.source, agreed.clock.offset) == ("given", given)
    assert not any("counts" in note for note in agreed.notes)
    wrong = group(near, far, offsets={"far": given + 0.5})["far"]
    assert wrong.clock == Clock(given + 0.5)
    assert re.search("counts, though by its sound it lies 50[01] ms earlier", wrong.notes[0])


def test_an_offset_beyond_all_others_is_refused(near, far):
    found = group(near, far, offsets={"far": 500.0})
    (refused,) = found.refused
    assert "where no other file is" in refused.reason
    assert not found.holds


def timed(scene, folder, name, timecode, **changes):
    return film(scene, Camera(name, rate=25.0, microphone=NEAR, timecode=timecode, **changes), folder)


def test_timecodes_win_where_all_have_one(scene, folder):
    one = timed(scene, folder, "tc1", "10:00:00:00")
    other = timed(scene, folder, "tc2", "10:00:02:00", starts=2.01, seed=3)
    found = group(one, other, reference="tc1")
    assert found["tc2"].source == "timecode"
    assert found["tc2"].clock.offset == pytest.approx(2.0, abs=1e-6)
    assert not any("counts" in note for note in found["tc2"].notes)


def test_timecodes_that_are_off_by_more_than_a_frame_are_said_to_be(scene, folder):
    one = timed(scene, folder, "tc3", "10:00:00:00")
    other = timed(scene, folder, "tc4", "10:00:02:00", starts=2.2, seed=3)
    found = group(one, other, reference="tc3")
    assert found["tc4"].clock == Clock(2.0)
    assert "its timecode counts, though by its sound it lies 200 ms later" in found["tc4"].notes[0]


def test_timecodes_that_were_never_set_do_not_count(scene, folder):
    one = timed(scene, folder, "tc5", "00:00:00:00")
    other = timed(scene, folder, "tc6", "00:00:00:00", starts=3.0, seed=3)
    found = group(one, other, reference="tc5")
    assert found["tc6"].source == "sound"
    assert off(found, one, other) < 2.0
    late = timed(scene, folder, "tc7", "01:00:00:00", starts=3.0, seed=3)
    found = group(one, late, reference="tc5")
    assert found["tc7"].source == "sound"
    assert "seconds apart: the sound counts" in found.notes[0]


def test_one_without_a_timecode_and_it_is_the_sound(scene, folder, near):
    other = timed(scene, folder, "tc8", "10:00:02:00", starts=2.0, seed=3)
    found = group(near, other)
    assert found["tc8"].source == "sound"
    assert found.notes == (f"timecodes are not used: there is none in {near.path}",)


def test_a_camera_that_stops_says_where_it_is_valid(near, scene, folder):
    stopped = film(scene, Camera("stopped", pauses=((5.0, 7.0),), microphone=NEAR, seed=5), folder)
    placement = group(near, stopped)["stopped"]
    assert abs(placement.clock.offset - 2.0) < 0.005
    assert 5.0 <= placement.valid.start < 7.0
    assert "goes on 2.00 s later" in placement.notes[0]
    assert "only the longest piece has a place" in placement.notes[1]


def test_a_reference_that_stops_is_not_chosen(near, far, scene, folder):
    stopped = film(scene, Camera("pauses", pauses=((9.0, 10.5),), microphone=Microphone(), seed=5), folder)
    assert group(stopped, near, far, reference=None).reference != "pauses"


@pytest.mark.parametrize(
    ("cameras", "reference", "said"),
    [
        (["near"], None, "two files at least, not 1"),
        (["near", "far"], "nobody", "no file of the group is called 'nobody'"),
        (["near", "missing"], "missing", "the reference cannot be used"),
    ],
)
def test_what_cannot_be_a_group_is_refused(near, far, folder, cameras, reference, said):
    paths = {"near": near.path, "far": far.path, "missing": folder / "missing.mp4"}
    with pytest.raises(UsageError, match=said):
        synchronise([Recording(paths[name]) for name in cameras], reference)


def test_two_cameras_of_one_name_are_refused(near, far):
    with pytest.raises(UsageError, match="are the camera 'left'"):
        synchronise([Recording(near.path, "left"), Recording(far.path, "left")])


def test_files_of_one_name_are_told_apart_by_their_folders(near, far, tmp_path):
    shutil.copyfile(far.path, tmp_path / "near.mov")
    found = synchronise([Recording(near.path), Recording(tmp_path / "near.mov")])
    assert {placement.camera for placement in found.placements} == {str(near.path), str(tmp_path / "near.mov")}


def test_two_files_can_be_compared(near, far, mute):
    assert abs(compare(Recording(near.path), Recording(far.path)).clock.offset - near.told(far).offset) < 0.002
    assert compare(Recording(near.path), Recording(mute.path)).reason == f"{mute.path}: has no sound"


def test_a_second_of_sound_is_too_little(near, scene, folder):
    short = film(scene, Camera("short", starts=4.0, lasts=1.2, microphone=NEAR), folder)
    (refused,) = group(near, short).refused
    assert refused.reason == f"{short.path}: has less than 2 s of sound by which to place it"


def test_a_clock_that_jumps_by_days_is_named(near, folder):
    path = folder / "days.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        for begin in (0, 200_000 * 16_000):
            frame = av.AudioFrame.from_ndarray(np.full((1, 48_000), 900, np.int16), format="s16", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = 16_000, Fraction(1, 16_000), begin
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    (refused,) = group(near, path).refused
    assert "by its time stamps its sound lasts 2.3 days" in refused.reason
