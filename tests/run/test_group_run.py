"""A group of cameras from end to end, on small pictures that tell which camera shows them, and when."""

import gzip
import json
import shutil
import wave
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import pytest

from slceleb_core import hookimpl
from slceleb_core.artefacts import ArtefactStore
from slceleb_core.decision.attention import THOROUGH
from slceleb_core.decision.identity import Gallery
from slceleb_core.disk.fingerprint import fingerprint, fingerprint_of_all
from slceleb_core.disk.output import results_in, statement_of
from slceleb_core.disk.removals import KeptOut
from slceleb_core.errors import OneVideoError, UsageError, VideoError
from slceleb_core.jobs import Camera
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.clocks import SAME, Clock
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile
from slceleb_core.registry import Registry
from slceleb_core.results import FrameResult, Segment, TrackResult
from slceleb_core.review.removing import remove_video
from slceleb_core.run import NO_SHELF, CameraFile, Ensemble, Group, GroupRun, Microphone, Progress
from slceleb_core.settings import Settings
from slceleb_core.sinks import slceleb_sinks
from slceleb_core.testing import (
    BLUE,
    RED,
    FakePlugin,
    FakeRecognizer,
    FakeSpeaker,
    Person,
    Scene,
    SyntheticTalker,
    write_video,
)
from slceleb_core.types import WHOLE, FaceCrops

SECONDS = 8.0
TALKER = SyntheticTalker(seed=1, duration=SECONDS)
NEAR, MIDDLE, FAR = (40.0, 20.0, 110.0, 100.0), (60.0, 40.0, 104.0, 90.0), (60.0, 40.0, 90.0, 74.0)
LATE = 1.0
"""Seconds of the left camera's clock at which the right one is switched on."""

FAKES = {
    "detect": {"use": "fake"},
    "embed": {"use": "fake"},
    "speaker": {"use": "fake"},
    "segments": {"min_on": 0.3},
    "gates": {"vad": "none"},
}


class BuiltIn:
    @hookimpl
    def slceleb_sinks(self):
        return slceleb_sinks()


@dataclass(frozen=True)
class Moved:
    """A talker on the clock of a camera, told by that of the talker."""

    talker: SyntheticTalker
    clock: Clock

    def mouth(self, times):
        return self.talker.mouth(self.clock.other(np.asarray(times)))


@dataclass(frozen=True)
class Plate:
    """Tells in each picture which camera it is of, and its time: three grey squares in a row."""

    camera: int

    def draw(self, image, time):
        for place, level in enumerate((self.camera, int(time + 1e-6) / 10, (time + 1e-6) % 1.0)):
            image[-14:-2, 2 + 14 * place : 14 + 14 * place] = round(20 + 200 * level)


def plate(image):
    """Return which camera a picture is of, and its time there."""
    camera, seconds, part = (
        (float(image[-11:-5, 5 + 14 * place : 11 + 14 * place].mean()) - 20) / 200 for place in range(3)
    )
    return round(camera), round(10 * seconds) + part


def camera(path, number, people, clock=SAME, *, seconds=SECONDS, sound=True, cuts=(), fps=25):
    """Write what a camera sees of people whose talkers count by the group's clock, and hears."""

    def moved(one):
        return replace(one, talker=None if one.talker is None else Moved(one.talker, clock))

    scenes = [
        replace(scene, people=(*(moved(one) for one in scene.people), Plate(number)), start=clock.own(scene.start))
        for scene in cuts
    ]
    audio = None
    if sound:
        whole = TALKER.audio()
        first = max(round(clock.offset * whole.rate), 0)
        audio = replace(whole, samples=whole.samples[first : first + round(seconds * whole.rate)])
    shown = [*(moved(one) for one in people), Plate(number)]
    return write_video(path, shown, audio=audio, duration=seconds, cuts=scenes, fps=fps)


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    """Two cameras of one talker: the left one sees her up to 3 s and from 6 s on, the right one from 1 to 5.5 s.

    From 6 s on the right one sees her as well, from far away. The third file is what the right one would be if it heard
    nothing.
    """
    folder = tmp_path_factory.mktemp("media")
    left = [Scene(3.0), Scene(6.0, (Person(RED, MIDDLE, TALKER),))]
    camera(folder / "left.mkv", 0, [Person(RED, MIDDLE, TALKER)], cuts=left)
    for name, sound in (("right", True), ("mute", False)):
        right = [Scene(5.5), Scene(6.0, (Person(RED, FAR, TALKER),))]
        near = [Person(RED, NEAR, TALKER)]
        camera(folder / f"{name}.mkv", 1, near, Clock(LATE), seconds=SECONDS - LATE, cuts=right, sound=sound)
    return folder


@pytest.fixture
def opened(tmp_path):
    """Give a function that opens a pipeline of fakes."""
    made = []

    def open_pipeline(*sinks, plugin=None, store=None, **sections):
        registry = Registry.of(plugin or FakePlugin(), BuiltIn())
        profile = Profile.model_validate({**FAKES, "sinks": [{"use": name} for name in sinks], **sections})
        settings = Settings(cache=tmp_path / "cache")
        made.append(Pipeline.from_profile(profile, registry=registry, settings=settings, artefacts=store))
        return made[-1].__enter__()

    yield open_pipeline
    for pipeline in made:
        pipeline.__exit__(None, None, None)


def people(pipeline, **colours):
    crops = np.stack([np.full((112, 112, 3), colour, dtype=np.uint8) for colour in colours.values()])
    recognizer = FakeRecognizer(FakeRecognizer.Config(), None)
    recognizer.open()
    return Gallery(tuple(colours), recognizer.embed(FaceCrops.untracked(crops)), frozenset(colours))


def ensemble(folder, *names, microphone="", offsets=(0.0, LATE)):
    cameras = [Camera(folder / name, "", offset) for name, offset in zip(names, offsets, strict=True)]
    return Ensemble("talk", tuple(cameras), microphone)


BOTH = ("left.mkv", "right.mkv")


def found(pipeline, group, **options):
    run = pipeline.run_group(group, people(pipeline, Ada=RED, Bo=BLUE), **options)
    return run, list(run.results())


def of(kind, results):
    return [result for result in results if isinstance(result, kind)]


def test_two_cameras_of_one_talker_are_one_person_whom_the_better_one_shows(opened, media):
    run, results = found(opened(), ensemble(media, *BOTH))
    segments = of(Segment, results)
    assert {segment.person for segment in segments} == {"Ada"}
    assert {segment.camera for segment in segments} == {"left", "right"}
    for segment in segments:
        if segment.camera == "left":
            assert segment.end <= 3.0 + 1e-6 or segment.start >= 6.0 - 1e-6
        else:
            assert 3.0 - 1e-6 <= segment.start < segment.end <= 5.52 + 1e-6
    frames = of(FrameResult, results)
    assert len(frames) == 200
    assert [len(frame.faces) for frame in frames] == [int(not 5.5 <= frame.time < 6.0) for frame in frames]
    assert [track.person for track in of(TrackResult, results)] == ["Ada", "Ada"]
    group = run.summary.provenance["group"]
    assert (group["name"], group["clock"], group["microphone"]) == ("talk", "left", "left")
    assert [(one["camera"], one["offset"], one["placed_by"]) for one in group["cameras"]] == [
        ("left", 0.0, "reference"),
        ("right", LATE, "given"),
    ]
    assert group["cameras"][1]["fingerprint"] == fingerprint(media / "right.mkv")


def test_views_are_told_on_the_clocks_of_their_files(opened, media):
    _, results = found(opened(), ensemble(media, *BOTH))
    (segment, *_) = (one for one in of(Segment, results) if one.camera == "right")
    (view,) = segment.views
    assert view.camera == "right"
    assert (view.start, view.end) == pytest.approx((segment.start - LATE, segment.end - LATE))
    assert view.seen == pytest.approx(segment.duration)
    last = of(Segment, results)[-1]
    assert [view.camera for view in last.views] == ["left", "right"]
    assert [view.start for view in last.views] == pytest.approx([last.start, last.start - LATE])


def test_a_group_is_lazy_can_be_gone_through_once_and_is_over_when_it_is_left(opened, media):
    pipeline = opened()
    run = pipeline.run_group(ensemble(media, *BOTH), people(pipeline, Ada=RED))
    with pytest.raises(RuntimeError, match="while the run is going on"):
        _ = run.info
    with pytest.raises(RuntimeError, match="iterated to its end"):
        _ = run.summary
    results = run.results()
    next(results)
    assert run.going_on
    assert run.audio is not None
    results.close()
    assert not run.going_on
    assert run.audio is None
    with pytest.raises(RuntimeError, match="iterated once"):
        next(run.results())
    with pytest.raises(RuntimeError, match="not later"):
        run.heard_by(run.group.main)


def test_without_photos_there_is_no_group(opened, media):
    with pytest.raises(OneVideoError, match="the group talk cannot be put together without photos"):
        opened().run_group(ensemble(media, *BOTH), None)


def test_progress_goes_over_all_videos_and_then_over_what_is_judged(opened, media):
    told: list[Progress] = []
    found(opened(), ensemble(media, *BOTH), observer=told.append)
    assert [progress.frames for progress in told[:375]] == list(range(1, 376))
    assert {progress.judged for progress in told[:375]} == {0}
    assert [progress.judged for progress in told[375:]] == list(range(1, 201))
    times = [progress.time for progress in told]
    assert times == sorted(times)
    assert told[0].video.duration == pytest.approx(2 * SECONDS, abs=0.1)


def test_every_camera_is_left_after_so_many_frames(opened, media):
    run, results = found(opened(), ensemble(media, *BOTH), max_frames=50)
    assert len(of(FrameResult, results)) == 50
    said = [warning for warning in run.summary.warnings if "as asked" in warning]
    assert [warning.partition(":")[0] for warning in said] == ["left", "right"]


def test_a_camera_without_a_sound_is_judged_by_that_of_the_group(opened, media):
    run, results = found(opened(), ensemble(media, "left.mkv", "mute.mkv"))
    segments = of(Segment, results)
    assert [(segment.person, segment.camera) for segment in segments if 3.0 < segment.end < 5.6] == [("Ada", "mute")]
    assert run.summary.provenance["group"]["microphone"] == "left"


def test_what_is_heard_may_be_the_sound_of_the_other_camera(opened, media):
    run, results = found(opened(), ensemble(media, *BOTH, microphone="right"))
    group = run.summary.provenance["group"]
    assert (group["microphone"], group["clock"]) == ("right", "right")
    assert {segment.person for segment in of(Segment, results)} == {"Ada"}


def test_a_camera_without_a_place_is_left_out_and_said(opened, media):
    group = Ensemble(
        "talk",
        (Camera(media / "left.mkv", "", 0.0), Camera(media / "right.mkv", "", 1.0), Camera(media / "mute.mkv")),
    )
    run, results = found(opened(), group)
    assert [one["camera"] for one in run.summary.provenance["group"]["cameras"]] == ["left", "right"]
    (said,) = [warning for warning in run.summary.warnings if "left out" in warning]
    assert "mute.mkv: has no sound by which to place it" in said
    assert of(Segment, results)


def test_a_file_that_is_no_video_is_left_out_and_said(opened, media, tmp_path):
    (tmp_path / "notes.mp4").write_text("nothing to see")
    both = ensemble(media, *BOTH)
    pipeline = opened()
    with_notes = replace(both, cameras=(*both.cameras, Camera(tmp_path / "notes.mp4")))
    group = pipeline.run_group(with_notes, people(pipeline, Ada=RED)).group
    assert [camera.name for camera in group.cameras] == ["left", "right"]
    (said,) = [warning for warning in group.warnings if "left out" in warning]
    assert "notes.mp4: not a video that can be read" in said


def test_two_who_are_seen_together_stay_two(opened, tmp_path):
    """The blue one listens: he is nobody's second view, and no segment is his."""
    left = [Person(RED, (5.0, 30.0, 65.0, 90.0), TALKER), Person(BLUE, (90.0, 30.0, 150.0, 90.0))]
    camera(tmp_path / "left.mkv", 0, left, seconds=4.0)
    camera(tmp_path / "right.mkv", 1, [Person(BLUE, NEAR)], seconds=4.0)
    _, results = found(opened(), ensemble(tmp_path, *BOTH, offsets=(0.0, 0.0)))
    assert {(one.person, one.camera) for one in of(Segment, results)} == {("Ada", "left")}
    tracks = of(TrackResult, results)
    assert sorted(track.person for track in tracks) == ["Ada", "Bo"]
    assert next(track.reason for track in tracks if track.person == "Bo").endswith("seen by left, right")


# Written down -------------------------------------------------------------------------------------------------------


def pictures(path):
    with av.open(str(path)) as container:
        return [(frame.time, plate(frame.to_ndarray(format="rgb24"))) for frame in container.decode(video=0)]


def processed(pipeline, group, target, **options):
    return pipeline.process_group(group, target, people(pipeline, Ada=RED, Bo=BLUE), **options)


def test_clips_are_of_the_camera_that_shows_a_segment_and_of_that_time(opened, media, tmp_path):
    done = processed(opened("json", "clips"), ensemble(media, *BOTH), tmp_path / "out")
    assert {segment.camera for segment in done.segments} == {"left", "right"}
    for segment in done.segments:
        shown = pictures(done.folder / "clips" / "Ada" / f"{segment.id}.mp4")
        number, offset = ("left", "right").index(segment.camera), LATE if segment.camera == "right" else 0.0
        assert {camera for _, (camera, _) in shown} == {number}
        times = [time for _, (_, time) in shown]
        assert (times[0] + offset, times[-1] + 0.04 + offset) == pytest.approx((segment.start, segment.end), abs=0.06)
        with AudioTrack.decode(done.folder / "clips" / "Ada" / f"{segment.id}.wav") as sound:
            heard = sound.span(sound.start, sound.end).samples
        whole = TALKER.audio()
        first = round(segment.start * whole.rate)
        wanted = whole.samples[first : first + len(heard)]
        assert np.corrcoef(heard[: len(wanted)], wanted)[0, 1] > 0.99
    names = sorted(path.name for path in (done.folder / "clips" / "Ada").iterdir())
    assert names == sorted(f"{segment.id}{end}" for segment in done.segments for end in (".mp4", ".wav"))


def test_all_views_are_cut_where_that_is_wanted(opened, media, tmp_path):
    done = processed(opened("json", "clips"), ensemble(media, *BOTH), tmp_path / "out", views="all")
    both = [segment for segment in done.segments if sum(view.throughout for view in segment.views) == 2]
    assert both
    for segment in done.segments:
        others = {view.camera for view in segment.views if view.throughout} - {segment.camera}
        made = {path.name for path in (done.folder / "clips" / "Ada").glob(f"{segment.id}.*.mp4")}
        assert made == {f"{segment.id}.{camera}.mp4" for camera in others}
        for name in others:
            shown = pictures(done.folder / "clips" / "Ada" / f"{segment.id}.{name}.mp4")
            assert {camera for _, (camera, _) in shown} == {("left", "right").index(name)}
            offset = LATE if name == "right" else 0.0
            assert shown[0][1][1] + offset == pytest.approx(segment.start, abs=0.06)


def test_what_is_written_down_names_the_views_and_the_files(opened, media, tmp_path):
    done = processed(opened("json"), ensemble(media, *BOTH), tmp_path / "out", key="k", facts={"licence": "CC0"})
    assert done.folder == tmp_path / "out" / "talk"
    stated = statement_of(done.folder)
    known = {str(media / name): fingerprint(media / name) for name in BOTH}
    assert stated["files"] == known
    assert (stated["key"], stated["source"]) == ("k", {"licence": "CC0"})
    assert stated["fingerprint"] == fingerprint_of_all(list(known.values()))
    segments = json.loads((done.folder / "result.json").read_text())["segments"]
    assert [Segment.from_json(one).camera for one in segments] == [one.camera for one in done.segments]
    assert [one["views"] for one in segments] == [[view.to_json() for view in one.views] for one in done.segments]
    with gzip.open(done.folder / "frames.jsonl.gz", "rt") as lines:
        faces = [face for line in lines for face in json.loads(line)["faces"]]
    assert {face["camera"] for face in faces} == {"left", "right"}
    assert all(face["boxes"][face["camera"]] == face["box"] for face in faces)


@pytest.mark.parametrize("sinks", [("json", "clips"), ("json",)])
def test_what_fails_leaves_nothing(opened, media, tmp_path, sinks):
    class Tired(FakeSpeaker):
        def observe(self, frame, faces):
            if frame.index == 150:
                raise VideoError("enough")
            return super().observe(frame, faces)

    with pytest.raises(VideoError, match="enough"):
        processed(opened(*sinks, plugin=FakePlugin(speaker=Tired)), ensemble(media, *BOTH), tmp_path / "out")
    assert results_in(tmp_path / "out") == []
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_a_file_that_changes_meanwhile_is_said_whichever_it_is(opened, media, tmp_path):
    for name in BOTH:
        (tmp_path / name).write_bytes((media / name).read_bytes())

    def spoil(progress):
        if progress.judged == 10:
            (tmp_path / "right.mkv").write_bytes((media / "mute.mkv").read_bytes())

    with pytest.raises(VideoError, match=r"right\.mkv"):
        processed(opened("json"), ensemble(tmp_path, *BOTH), tmp_path / "out", observer=spoil)
    assert results_in(tmp_path / "out") == []


@pytest.mark.parametrize("name", BOTH)
def test_a_file_that_was_removed_from_the_corpus_does_not_come_back_by_a_group(opened, media, tmp_path, name):
    pipeline, out = opened("json"), tmp_path / "out"
    pipeline.process(media / name, out, people(pipeline, Ada=RED))
    remove_video(out, name.removesuffix(".mkv"))
    with pytest.raises(UsageError, match=r"was removed from the corpus"):
        processed(pipeline, ensemble(media, *BOTH), out)
    assert results_in(out) == []


def test_a_group_that_was_removed_does_not_come_back_nor_do_its_files(opened, media, tmp_path):
    pipeline, out = opened("json"), tmp_path / "out"
    processed(pipeline, ensemble(media, *BOTH), out)
    remove_video(out, "talk")
    assert results_in(out) == []
    with pytest.raises(UsageError, match=r"left\.mkv: this file was removed from the corpus"):
        processed(pipeline, ensemble(media, *BOTH), out)
    with pytest.raises(UsageError, match=r"right\.mkv: this file was removed from the corpus"):
        pipeline.process(media / "right.mkv", out, people(pipeline, Ada=RED))


def test_with_a_file_that_is_removed_the_groups_go_that_have_it_and_not_their_other_files(opened, media, tmp_path):
    pipeline, out = opened("json"), tmp_path / "out"
    gallery = people(pipeline, Ada=RED)
    processed(pipeline, ensemble(media, *BOTH), out)
    for name in BOTH:
        pipeline.process(media / name, out, gallery)
    remove_video(out, "right")
    assert [folder.name for folder in results_in(out)] == ["left"]
    kept_out = KeptOut.of(out)
    assert [kept_out.video(media / name) is None for name in BOTH] == [True, False]
    pipeline.process(media / "left.mkv", tmp_path / "out", gallery)


@pytest.mark.parametrize("rates", [(12, 50), (60, 12)])
def test_cameras_that_count_otherwise_are_one_group(opened, tmp_path, rates):
    shown = [Person(RED, MIDDLE, TALKER)], [Person(RED, NEAR, TALKER)]
    for number, (name, people_there, rate) in enumerate(zip(BOTH, shown, rates, strict=True)):
        camera(tmp_path / name, number, people_there, seconds=3.0, fps=rate)
    run, results = found(opened(), ensemble(tmp_path, *BOTH, offsets=(0.0, 0.0)))
    assert len(of(FrameResult, results)) == 3 * rates[0]
    segments = of(Segment, results)
    assert {(one.person, one.camera) for one in segments} == {("Ada", "right")}
    assert run.summary.statistics["segment_seconds"] > 2.0
    assert all(view.throughout for segment in segments for view in segment.views)


def test_a_camera_that_sees_nothing_at_all_costs_nothing(opened, tmp_path, media):
    camera(tmp_path / "right.mkv", 1, [], seconds=SECONDS, sound=False)
    shutil.copyfile(media / "left.mkv", tmp_path / "left.mkv")
    _, results = found(opened(), ensemble(tmp_path, *BOTH, offsets=(0.0, 0.0)))
    _, alone = found(opened(), ensemble(tmp_path, "left.mkv", "right.mkv", offsets=(0.0, 7.0)))
    assert {one.camera for one in of(Segment, results)} == {"left"}
    assert of(Segment, results) == of(Segment, alone)


def test_an_offset_beyond_all_other_files_makes_no_group(opened, media):
    with pytest.raises(VideoError, match=r"by the offset that is given it lies from 30\.0 to 37\.0 s"):
        found(opened(), ensemble(media, *BOTH, offsets=(0.0, 30.0)))


def test_one_camera_with_a_microphone_finds_what_the_video_alone_does(opened, media, tmp_path):
    """The microphone has heard just what the camera has."""
    whole = TALKER.audio()
    with wave.open(str(tmp_path / "desk.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(whole.rate)
        file.writeframes(np.clip(np.rint(whole.samples * 32767), -32768, 32767).astype("<i2").tobytes())
    group = Ensemble("talk", (Camera(media / "left.mkv", "", 0.0), Camera(tmp_path / "desk.wav", "", 0.0)), "desk")
    pipeline = opened()
    run, results = found(pipeline, group)
    assert run.group.microphone.name == "desk"
    alone = list(pipeline.run(media / "left.mkv", people(pipeline, Ada=RED, Bo=BLUE)).results())
    told = [(one.person, one.start, one.end, one.first_frame, one.last_frame) for one in of(Segment, alone)]
    assert [(one.person, one.start, one.end, one.first_frame, one.last_frame) for one in of(Segment, results)] == told
    assert [one.speaking_mean for one in of(Segment, results)] == pytest.approx(
        [one.speaking_mean for one in of(Segment, alone)], abs=2e-3
    )
    for seen, other in zip(of(FrameResult, results), of(FrameResult, alone), strict=True):
        assert (seen.index, seen.time) == (other.index, other.time)
        assert [face.box for face in seen.faces] == [face.box for face in other.faces]


# Clocks -------------------------------------------------------------------------------------------------------------


def made_group(folder, clock, *, heard="left"):
    """Return a group of which the right camera's clock is told."""
    cameras = tuple(
        CameraFile(name, folder / f"{name}.mkv", of, WHOLE, "", fingerprint(folder / f"{name}.mkv"), {})
        for name, of in (("left", Clock()), ("right", clock))
    )
    source = cameras[("left", "right").index(heard)]
    return Group("talk", cameras, Microphone(heard, source.video, source.clock, "", source.fingerprint))


def run_over(pipeline, group):
    run = GroupRun(
        group,
        people(pipeline, Ada=RED),
        pipeline,
        pipeline.bound.profile,
        lambda reports: {},
        name="talk",
        shelf=lambda selection, known: NO_SHELF(),
    )
    return run, list(run.results())


@pytest.mark.parametrize("drift", [0.0, 300e-6, -0.01])
def test_a_camera_whose_clock_drifts_is_seen_and_cut_where_it_is(opened, tmp_path, drift):
    """Of a hundredth, which no camera has, a second is left after 8 s: nothing that is not told by the clock fits."""
    clock = Clock(0.5, drift)
    camera(tmp_path / "left.mkv", 0, [Person(BLUE, FAR)])
    camera(tmp_path / "right.mkv", 1, [Person(RED, NEAR, TALKER)], clock, seconds=7.0, sound=False)
    _, results = run_over(opened(), made_group(tmp_path, clock))
    segments = of(Segment, results)
    assert {(one.person, one.camera) for one in segments} == {("Ada", "right")}
    for segment in segments:
        (view,) = segment.views
        middle = (segment.start + segment.end) / 2
        assert (view.start + view.end) / 2 == pytest.approx(clock.own(middle))
        assert view.end - view.start == pytest.approx(segment.duration)


def test_a_group_counts_by_its_first_camera(media):
    with pytest.raises(ValueError, match="the clock of the group talk must be that of its first camera"):
        Group("talk", tuple(reversed(made_group(media, Clock(1.0)).cameras)), made_group(media, Clock(1.0)).microphone)


# Kept ---------------------------------------------------------------------------------------------------------------


def test_what_is_kept_is_used_again_bit_for_bit(opened, media, tmp_path):
    store = ArtefactStore(tmp_path / "artefacts")
    _, plain = found(opened(), ensemble(media, *BOTH))
    _, first = found(opened(store=store), ensemble(media, *BOTH))
    run, again = found(opened(store=store), ensemble(media, *BOTH))
    assert plain == first == again
    cache = run.summary.statistics["cache"]
    assert set(cache) == {"left", "right"}
    assert all(all(steps.values()) for steps in cache.values())


def test_a_changed_threshold_looks_at_nothing_again(opened, media, tmp_path):
    store = ArtefactStore(tmp_path / "artefacts")
    _, before = found(opened(store=store), ensemble(media, *BOTH))
    run, results = found(opened(store=store, segments={"min_on": 2.3}), ensemble(media, *BOTH))
    assert all(all(steps.values()) for steps in run.summary.statistics["cache"].values())
    assert len(of(Segment, results)) < len(of(Segment, before))


def test_what_was_seen_of_a_video_alone_is_used_for_the_camera_that_is_heard(opened, media, tmp_path):
    store, pipeline = ArtefactStore(tmp_path / "artefacts"), opened(store=ArtefactStore(tmp_path / "artefacts"))
    list(pipeline.run(media / "left.mkv", people(pipeline, Ada=RED, Bo=BLUE)).results())
    run, _ = found(opened(store=store), ensemble(media, *BOTH))
    cache = run.summary.statistics["cache"]
    assert (all(cache["left"].values()), cache["right"]["faces"]) == (True, False)


def test_at_another_offset_only_what_is_heard_is_done_anew(opened, media, tmp_path):
    store = ArtefactStore(tmp_path / "artefacts")
    economy = THOROUGH.model_dump()  # else faces are looked for where a voice is heard
    found(opened(store=store, economy=economy), ensemble(media, *BOTH))
    run, _ = found(opened(store=store, economy=economy), ensemble(media, *BOTH, offsets=(0.0, 1.04)))
    cache = run.summary.statistics["cache"]
    assert all(cache["left"].values())
    assert (cache["right"]["faces"], cache["right"]["embeddings"], cache["right"]["scores"]) == (True, True, False)


def test_nothing_is_left_open_or_put_aside_when_a_group_is_broken_off(opened, media, monkeypatch):
    from slceleb_core.run import _view_spool

    monkeypatch.setattr(_view_spool, "IN_MEMORY", 1)
    before = open_files()
    pipeline = opened()
    results = pipeline.run_group(ensemble(media, *BOTH), people(pipeline, Ada=RED)).results()
    next(results)
    assert len(open_files()) > len(before)
    results.close()
    assert open_files() == before


def open_files():
    links = [str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    return sorted(link for link in links if link.endswith("(deleted)"))
