"""Groups of cameras made of a real clip, with the shipped plugins: what is told of them is known."""

import wave
from dataclasses import replace

import numpy as np
import pytest

from slceleb_core.disk.output import results_in
from slceleb_core.errors import VideoError
from slceleb_core.jobs import Camera as Named
from slceleb_core.media.audio import AudioTrack
from slceleb_core.results import FrameResult, Segment, TrackResult
from slceleb_core.run import Ensemble
from slceleb_core.testing.cameras import Camera, film
from slceleb_core.testing.microphones import Microphone

OBAMA = (0.45, 0.0, 1.0, 1.0)
"""The half of the clip in which he is, as parts of it."""

SPEAKS = [(2.1, 3.7), (4.3, 5.4), (5.7, 7.5)]


@pytest.fixture(scope="module")
def filmed(shared, tmp_path_factory):
    """A camera that sees both men, small; one that sees who speaks, large, and is switched on a second later."""
    folder, clip = tmp_path_factory.mktemp("filmed"), shared / "media" / "clips" / "obama_biden.mp4"
    cameras = [
        Camera("wide"),
        Camera("near", crop=OBAMA, height=480, rate=25.0, starts=1.0, microphone=Microphone(0.2, snr=15.0), seed=1),
        Camera("mute", crop=OBAMA, height=480, starts=1.0, microphone=None),
    ]
    made = {camera.name: film(clip, camera, folder) for camera in cameras}
    with AudioTrack.decode(clip) as track:
        sound = track.span(track.start, track.end)
    with wave.open(str(folder / "desk.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        file.writeframes((np.clip(sound.samples, -1, 1) * 32767).astype("<i2").tobytes())
    return folder, made


def group(folder, *files, microphone="", **offsets):
    cameras = [Named(folder / file, "", offsets.get(file.partition(".")[0])) for file in files]
    return Ensemble("talk", tuple(cameras), microphone)


def found(pipeline, gallery, ensemble):
    run = pipeline.run_group(ensemble, gallery)
    results = list(run.results())
    return run, results, [result for result in results if isinstance(result, Segment)]


def covered(segments):
    times = np.concatenate([np.arange(start, end, 0.01) for start, end in SPEAKS])
    return np.mean(np.any([(times >= one.start) & (times < one.end) for one in segments], axis=0))


def test_two_cameras_find_who_speaks_by_the_better_picture(pipeline, gallery, filmed):
    folder, made = filmed
    run, results, segments = found(pipeline, gallery, group(folder, "wide.mp4", "near.mp4"))
    by_name = {camera.name: camera for camera in run.group.cameras}
    clock, truth = by_name["near"].clock, made["wide"].told(made["near"])
    if run.group.main.name == "near":
        clock, truth = by_name["wide"].clock, made["near"].told(made["wide"])
    assert clock.other(4.0) == pytest.approx(truth.other(4.0), abs=0.005)
    shift = 0.0 if run.group.main.name == "wide" else made["near"].clock.offset
    assert {segment.person for segment in segments} == {"obama"}
    assert covered([moved(segment, shift) for segment in segments]) > 0.8
    assert "near" in {segment.camera for segment in segments}
    named = {result.person for result in results if isinstance(result, TrackResult)}
    assert named == {"obama", "biden"}
    seen = [len(result.faces) for result in results if isinstance(result, FrameResult)]
    assert max(seen) == 2  # each of them once, whichever cameras see him


def moved(segment, shift):
    return replace(segment, start=segment.start + shift, end=segment.end + shift)


def test_a_camera_that_hears_nothing_is_placed_by_its_offset_and_left_out_without(pipeline, gallery, filmed):
    folder, made = filmed
    placed = group(folder, "wide.mp4", "mute.mp4", wide=0.0, mute=made["mute"].clock.offset)
    _, _, segments = found(pipeline, gallery, placed)
    assert {segment.person for segment in segments} == {"obama"}
    assert "mute" in {view.camera for segment in segments for view in segment.views}
    with pytest.raises(VideoError, match=r"do not belong together: .*no sound"):
        pipeline.run_group(group(folder, "wide.mp4", "mute.mp4"), gallery)


def test_a_recording_without_pictures_is_heard_and_not_seen(pipeline, gallery, filmed):
    folder, _ = filmed
    run, _, segments = found(pipeline, gallery, group(folder, "wide.mp4", "desk.wav", microphone="desk"))
    assert [camera.name for camera in run.group.cameras] == ["wide"]
    assert run.group.microphone.name == "desk"
    assert {segment.person for segment in segments} == {"obama"}
    assert {segment.camera for segment in segments} == {"wide"}


@pytest.mark.parametrize("files", [("wide.mp4", "hamilton"), ("mute.mp4", "hamilton"), ("wide.mp4", "copy.mp4")])
def test_files_that_do_not_belong_together_are_refused_and_leave_nothing(
    pipeline, gallery, filmed, shared, tmp_path, files
):
    folder, _ = filmed
    (tmp_path / "copy.mp4").write_bytes((folder / "wide.mp4").read_bytes())
    other = tmp_path / "copy.mp4" if files[1] == "copy.mp4" else shared / "media" / "clips" / "hamilton.mp4"
    ensemble = Ensemble("talk", (Named(folder / files[0]), Named(other)))
    with pytest.raises(VideoError, match="the files of the group talk do not belong together: ") as raised:
        pipeline.process_group(ensemble, tmp_path / "out", gallery)
    assert "\n" not in raised.value.message
    assert raised.value.hint
    assert results_in(tmp_path / "out") == []
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_a_file_of_another_event_is_left_out_and_the_others_go_on(pipeline, gallery, filmed, shared):
    folder, _ = filmed
    files = (folder / "wide.mp4", folder / "near.mp4", shared / "media" / "clips" / "hamilton.mp4")
    run = pipeline.run_group(Ensemble("talk", tuple(map(Named, files))), gallery)
    assert {camera.name for camera in run.group.cameras} == {"wide", "near"}
    assert any("hamilton" in warning for warning in run.group.warnings)
