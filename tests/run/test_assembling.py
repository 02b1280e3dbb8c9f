"""The files of a group on one clock: whose it is, what is heard, what is left out, and why nothing comes of it."""

import os
import shutil
import wave

import av
import numpy as np
import pytest

from slceleb_core.disk.fingerprint import fingerprint
from slceleb_core.errors import OneVideoError, VideoError
from slceleb_core.jobs import Camera
from slceleb_core.media.clocks import SAME
from slceleb_core.media.generated import TAG
from slceleb_core.run import Ensemble, assemble
from slceleb_core.testing import Person, SyntheticTalker, write_video
from slceleb_core.types import TimeRange

TALKER = SyntheticTalker(seed=1, duration=8.0)


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    """Three cameras that are switched on at 0, 1 and 2 s, one that hears nothing, a microphone, and another event."""
    folder, whole = tmp_path_factory.mktemp("media"), TALKER.audio()
    for place, name in enumerate("abc"):
        heard = type(whole)(whole.samples[place * whole.rate :], 0.0)
        write_video(folder / f"{name}.mkv", [Person()], audio=heard, duration=8.0 - place, size=(32, 24), fps=5)
    write_video(folder / "mute.mkv", [Person()], audio=None, duration=8.0, size=(32, 24), fps=5)
    other = SyntheticTalker(seed=9, duration=8.0).audio()
    write_video(folder / "other.mkv", [Person()], audio=other, duration=8.0, size=(32, 24), fps=5)
    for name, samples in (("desk", whole.samples[whole.rate // 2 :]), ("silent", np.zeros(8 * whole.rate))):
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(whole.rate)
            file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    (folder / "broken.mkv").write_bytes(b"no video")
    return folder


def together(folder, *cameras, microphone=""):
    named = tuple(Camera(folder / file, *rest) for file, *rest in cameras)
    prints = {camera.video: fingerprint(camera.video) for camera in named}
    return assemble(Ensemble("talk", named, microphone), prints)


def offsets(group):
    return {camera.name: round(camera.clock.offset, 3) for camera in group.cameras}


def test_files_are_placed_by_their_sound_on_the_clock_of_what_is_heard(media):
    group = together(media, ("a.mkv",), ("b.mkv",), ("c.mkv",))
    assert group.main.clock == SAME
    assert group.microphone.name == group.main.name
    assert group.microphone.clock == SAME
    own = {"a": 0.0, "b": 1.0, "c": 2.0}
    wanted = {name: seconds - own[group.main.name] for name, seconds in own.items()}
    assert offsets(group) == pytest.approx(wanted, abs=0.005)
    assert all(camera.placed["placed_by"] in ("reference", "sound") for camera in group.cameras)


@pytest.mark.parametrize(
    "told",
    [
        {"a": 0.0, "b": 1.0, "c": 2.0},
        {"a": 5.0, "b": 6.0, "c": 7.0},
        {"a": -2.0, "b": -1.0, "c": 0.0},
        {"a": None, "b": 1.0, "c": 2.0},
    ],
)
@pytest.mark.parametrize("microphone", ["", "a", "b.mkv"])
def test_offsets_that_are_given_win_whatever_second_they_count_from(media, told, microphone):
    cameras = [(f"{name}.mkv", "", seconds) for name, seconds in told.items()]
    group = together(media, *cameras, microphone=microphone)
    places = offsets(group)
    assert {name: place - places["a"] for name, place in places.items()} == pytest.approx(
        {"a": 0.0, "b": 1.0, "c": 2.0}
    )
    assert group.main.clock == SAME
    if microphone:
        assert group.main.name == microphone[0]


def test_a_microphone_without_pictures_is_heard_by_the_clock_of_the_longest_camera(media):
    """It is told by a clock that is not its own: what is told by itself must be exactly itself."""
    group = together(media, ("b.mkv",), ("a.mkv",), ("desk.wav",), microphone="desk")
    assert [camera.name for camera in group.cameras] == ["a", "b"]
    assert group.main.clock == SAME
    assert (group.microphone.name, round(group.microphone.clock.offset, 2)) == ("desk", 0.5)
    assert any("desk is only heard" in warning for warning in group.warnings)
    heard = group.microphone.heard_by(group.main)
    assert heard is not None
    assert heard.clock.other(0.0) == pytest.approx(-0.5, abs=0.005)


def test_a_microphone_without_an_offset_is_placed_by_its_sound_among_cameras_that_have_one(media):
    group = together(media, ("a.mkv", "", 0.0), ("b.mkv", "", 1.0), ("desk.wav",), microphone="desk")
    assert offsets(group) == {"a": 0.0, "b": 1.0}
    assert group.microphone.clock.offset == pytest.approx(0.5, abs=0.005)


def test_what_a_camera_is_called_comes_before_what_its_file_is(media):
    group = together(media, ("b.mkv", "a", 1.0), ("a.mkv", "b", 0.0), microphone="b")
    assert (group.microphone.name, group.microphone.file) == ("b", media / "a.mkv")


def test_a_microphone_of_another_event_is_not_heard(media):
    with pytest.raises(OneVideoError, match="the microphone other of the group talk cannot be heard: "):
        together(media, ("a.mkv", "", 0.0), ("b.mkv", "", 1.0), ("other.mkv",), microphone="other")


def test_what_is_heard_is_no_other_sound_to_its_own_camera(media):
    group = together(media, ("a.mkv", "", 0.0), ("b.mkv", "", 1.0))
    assert [group.microphone.heard_by(camera) is None for camera in group.cameras] == [True, False]


def test_a_camera_that_hears_nothing_has_a_place_by_its_offset(media):
    group = together(media, ("a.mkv", "", 0.0), ("mute.mkv", "", 0.25))
    assert (offsets(group), group.microphone.name) == ({"a": 0.0, "mute": 0.25}, "a")


def test_cameras_that_all_hear_nothing_can_be_placed_and_nobody_is_heard(media, tmp_path):
    shutil.copyfile(media / "mute.mkv", tmp_path / "mute.mkv")
    write_video(tmp_path / "still.mkv", [Person()], audio=None, duration=4.0, size=(32, 24), fps=5)
    group = together(tmp_path, ("mute.mkv", "", 0.0), ("still.mkv", "", 1.0))
    assert offsets(group) == {"mute": 0.0, "still": 1.0}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (("a.mkv", "b.mkv", "other.mkv"), "other"),
        (("a.mkv", "b.mkv", "mute.mkv"), "mute"),
        (("a.mkv", "b.mkv", "broken.mkv"), "broken"),
        (("a.mkv", "b.mkv", "silent.wav"), "silent"),
    ],
)
def test_what_has_no_place_is_left_out_and_named(media, files, said):
    group = together(media, *((file,) for file in files))
    assert {camera.name for camera in group.cameras} == {"a", "b"}
    (warning,) = [warning for warning in group.warnings if warning.startswith("left out of the group")]
    assert warning.startswith(f"left out of the group: {said}: ")


def test_one_file_twice_is_one_camera(media, tmp_path):
    for name in ("a", "b"):
        shutil.copyfile(media / f"{name}.mkv", tmp_path / f"{name}.mkv")
    shutil.copyfile(media / "a.mkv", tmp_path / "again.mkv")
    group = together(tmp_path, ("a.mkv",), ("b.mkv",), ("again.mkv",))
    assert {camera.name for camera in group.cameras} == {"a", "b"}
    with pytest.raises(VideoError, match=r"talk do not belong together: .*is the same file as"):
        together(tmp_path, ("a.mkv",), ("again.mkv",))


@pytest.mark.parametrize(
    ("cameras", "microphone", "kind", "message"),
    [
        ((("a.mkv",), ("other.mkv",)), "", VideoError, "the files of the group talk do not belong together: other: "),
        ((("a.mkv",), ("mute.mkv",)), "", VideoError, "the files of the group talk do not belong together: mute: "),
        ((("a.mkv",), ("broken.mkv",)), "", VideoError, "the files of the group talk do not belong together: broken: "),
        ((("a.mkv", "x"), ("b.mkv", "x")), "", OneVideoError, "the group talk: "),
        ((("a.mkv",), ("b.mkv",)), "table", OneVideoError, "talk: its microphone table is none of its files"),
        (
            (("a.mkv", "", 0.0), ("mute.mkv", "", 0.0)),
            "mute",
            OneVideoError,
            "the microphone mute of the group talk cannot be heard: no sound",
        ),
        ((("desk.wav", "", 0.0), ("silent.wav", "", 0.0)), "", VideoError, "no file of the group talk has pictures"),
    ],
)
def test_what_makes_no_group_is_one_line_and_concerns_no_other_video(media, cameras, microphone, kind, message):
    with pytest.raises(kind, match=message) as raised:
        together(media, *cameras, microphone=microphone)
    assert raised.value.hint
    assert "\n" not in raised.value.message


def test_a_name_that_is_not_utf_8_is_a_name_that_can_be_written(media, tmp_path):
    odd = os.fsdecode(b"caf\xe9.mkv")
    shutil.copyfile(media / "a.mkv", tmp_path / odd)
    shutil.copyfile(media / "b.mkv", tmp_path / "b.mkv")
    group = together(tmp_path, (odd,), ("b.mkv",), ("b.mkv", "again"))
    assert "caf\\xe9" in {camera.name for camera in group.cameras}
    str(group.to_json()).encode()
    "".join(group.warnings).encode()


def test_a_file_that_a_model_made_makes_no_group(media, tmp_path):
    shutil.copyfile(media / "a.mkv", tmp_path / "a.mkv")
    with av.open(str(media / "b.mkv")) as source, av.open(str(tmp_path / "b.mkv"), "w") as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        target.metadata["comment"] = TAG
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    with pytest.raises(OneVideoError, match=r"b\.mkv"):
        together(tmp_path, ("a.mkv",), ("b.mkv",))


def test_a_camera_holds_where_its_clock_does(media):
    group = together(media, ("a.mkv", "", 0.0), ("b.mkv", "", 1.0))
    assert {camera.valid for camera in group.cameras} == {TimeRange()}
