"""The pipeline from end to end, on small synthetic videos and with the fake stages: no model file is needed."""

import csv
import errno
import gzip
import json
import os
import shutil
import threading
import wave
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from slceleb_core import hookimpl
from slceleb_core.decision.identity import Gallery
from slceleb_core.disk.fingerprint import fingerprint
from slceleb_core.disk.output import EARLIER, results_in
from slceleb_core.errors import OutputError, UsageError, VideoError
from slceleb_core.media import nvdec
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile, StageUse
from slceleb_core.registry import Registry
from slceleb_core.results import FrameResult, Rejection, Segment, TrackResult
from slceleb_core.review.removing import remove_person, remove_video
from slceleb_core.run import Progress, VideoRun
from slceleb_core.settings import Settings
from slceleb_core.sinks import slceleb_sinks
from slceleb_core.testing import (
    BLUE,
    GREEN,
    RED,
    FakePlugin,
    FakeRecognizer,
    FakeSpeaker,
    MemorySink,
    Person,
    Scene,
    SyntheticTalker,
    write_video,
)
from slceleb_core.types import Scores

TALKER = SyntheticTalker(seed=1, duration=6.0)
LISTENER = SyntheticTalker(seed=2, duration=6.0).frozen()
LEFT, RIGHT = (10.0, 30.0, 60.0, 90.0), (95.0, 30.0, 145.0, 90.0)


class BuiltIn:
    @hookimpl
    def slceleb_sinks(self):
        return slceleb_sinks()


def profile(*sinks, **sections):
    fake = StageUse(use="fake")
    return Profile(detect=fake, embed=fake, speaker=fake, sinks=tuple(StageUse(use=name) for name in sinks), **sections)


@pytest.fixture
def opened(tmp_path):
    """Give a function that opens a pipeline of fakes."""
    made = []

    def open_pipeline(*sinks, plugin=None, decoder="libav", **sections):
        registry = Registry.of(plugin or FakePlugin(), BuiltIn())
        settings = Settings(cache=tmp_path / "cache", decoder=decoder)
        pipeline = Pipeline.from_profile(profile(*sinks, **sections), registry=registry, settings=settings)
        made.append(pipeline)
        return pipeline.__enter__()

    yield open_pipeline
    for pipeline in made:
        pipeline.__exit__(None, None, None)


@pytest.fixture
def two_people(tmp_path):
    """A video in which the red one on the left talks and the blue one on the right listens."""
    here = [Person(RED, LEFT, TALKER), Person(BLUE, RIGHT, LISTENER)]
    return write_video(tmp_path / "two people.mkv", here, audio=TALKER.audio(), duration=6.0)


def people(pipeline, **colours):
    """Return the gallery of these colours."""
    crops = np.stack([np.full((112, 112, 3), colour, dtype=np.uint8) for colour in colours.values()])
    from slceleb_core.types import FaceCrops

    return Gallery(tuple(colours), pipeline.recognizer.embed(FaceCrops.untracked(crops)), frozenset(colours))


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_the_person_who_is_seen_speaking_gets_the_segments(opened, two_people):
    pipeline = opened()
    run = pipeline.run(two_people, people(pipeline, Ada=RED, Bo=BLUE))
    segments = list(run)
    assert {segment.person for segment in segments} == {"Ada"}
    assert sum(segment.duration for segment in segments) > 2.0
    assert run.summary.statistics["tracks_identified"] == 2


def test_a_run_is_lazy_and_can_be_gone_through_once(opened, two_people):
    run = opened().run(two_people)
    with pytest.raises(RuntimeError, match="iterated to its end"):
        _ = run.summary
    first = next(iter(run.results()))
    assert isinstance(first, FrameResult)
    with pytest.raises(RuntimeError, match="iterated once"):
        list(run)


@pytest.mark.parametrize("iterated", [VideoRun.results, VideoRun.__iter__])
def test_a_run_that_is_broken_off_is_over(opened, two_people, iterated):
    run = opened().run(two_people)
    results = iterated(run)
    next(results)
    assert run.going_on
    assert run.audio is not None
    results.close()
    assert_over(run)


def test_a_run_that_fails_is_over(opened, two_people):
    class Tired(FakeSpeaker):
        def observe(self, frame, faces):
            if frame.index == 20:
                raise VideoError("enough")
            return super().observe(frame, faces)

    run = opened(plugin=FakePlugin(speaker=Tired)).run(two_people)
    with pytest.raises(VideoError, match="enough"):
        list(run)
    assert_over(run)


def assert_over(run):
    assert not run.going_on
    assert run.audio is None
    with pytest.raises(RuntimeError, match="while the run is going on"):
        _ = run.info


def test_without_a_gallery_faces_are_labelled_by_their_track(opened, two_people):
    segments = list(opened().run(two_people))
    assert {segment.person for segment in segments} == {"track-0000"}
    assert all(segment.similarity is None for segment in segments)


def test_nobody_of_the_gallery_gets_no_segment(opened, two_people):
    pipeline = opened()
    results = list(pipeline.run(two_people, people(pipeline, Cy=GREEN)).results())
    assert not [result for result in results if isinstance(result, Segment)]
    tracks = [result for result in results if isinstance(result, TrackResult)]
    assert all(track.person is None and "below" in track.reason for track in tracks)


def test_only_wanted_persons_get_segments_but_all_count_as_others(opened, two_people):
    pipeline = opened()
    gallery = replace(people(pipeline, Ada=RED, Bo=BLUE), wanted=frozenset({"Bo"}))
    assert list(pipeline.run(two_people, gallery)) == []


def test_two_alike_on_screen_are_not_both_the_person(opened, tmp_path):
    pipeline = opened()
    here = [Person(RED, LEFT, TALKER), Person(RED, RIGHT, TALKER)]
    video = write_video(tmp_path / "twins.mkv", here, audio=TALKER.audio(), duration=6.0)
    results = list(pipeline.run(video, people(pipeline, Ada=RED)).results())
    assert [result.person for result in results if isinstance(result, TrackResult)].count("Ada") == 1


def test_a_cut_ends_every_track(opened, tmp_path):
    there = Scene(3.0, (Person(BLUE, LEFT, TALKER),))
    here = [Person(RED, LEFT, TALKER)]
    video = write_video(tmp_path / "cut.mkv", here, audio=TALKER.audio(), duration=6.0, cuts=[there])
    pipeline = opened()
    results = list(pipeline.run(video, people(pipeline, Ada=RED, Bo=BLUE)).results())
    tracks = [result for result in results if isinstance(result, TrackResult)]
    assert [(track.shot, track.person) for track in tracks] == [(0, "Ada"), (1, "Bo")]
    for segment in (result for result in results if isinstance(result, Segment)):
        assert segment.end <= 3.05 if segment.person == "Ada" else segment.start >= 2.95


def test_results_come_in_order(opened, two_people):
    results = list(opened().run(two_people).results())
    frames = [result.index for result in results if isinstance(result, FrameResult)]
    assert frames == list(range(150))
    kinds = [type(result) for result in results]
    assert kinds.index(Segment) > kinds.index(FrameResult)
    assert kinds.index(TrackResult) > kinds.index(Segment)


def test_spans_of_a_long_shot_give_what_one_piece_gives(opened, tmp_path):
    talker = SyntheticTalker(seed=3, duration=20.0)
    video = write_video(tmp_path / "long.mkv", [Person(RED, LEFT, talker)], audio=talker.audio(), duration=20.0)
    whole = list(opened().run(video).results())
    pieces = list(opened(spans={"seconds": 5.0}).run(video).results())

    def scores(results):
        return [face.speaking for result in results if isinstance(result, FrameResult) for face in result.faces]

    def bounds(results):
        return [(result.first_frame, result.last_frame) for result in results if isinstance(result, Segment)]

    assert len(scores(whole)) == 500
    assert scores(pieces) == pytest.approx(scores(whole), abs=1e-3)
    assert bounds(pieces) == bounds(whole)


def test_times_are_those_of_the_file(opened, tmp_path):
    here = [Person(RED, LEFT, TALKER)]
    plain = write_video(tmp_path / "plain.mkv", here, audio=TALKER.audio(), duration=6.0)
    heard = replace(TALKER.audio(), start=0.8)
    moved = [Person(RED, LEFT, Later(TALKER, 0.8))]
    late = write_video(tmp_path / "late.mkv", moved, audio=heard, duration=6.0, video_start=0.8)
    pipeline = opened()
    first, second = list(pipeline.run(plain)), list(pipeline.run(late))
    assert [s.first_frame for s in first] == [s.first_frame for s in second]
    assert [s.start + 0.8 for s in first] == pytest.approx([s.start for s in second], abs=0.05)


class Later:
    """A talker who begins later."""

    def __init__(self, talker, delay):
        self.talker, self.delay = talker, delay

    def mouth(self, time):
        return self.talker.mouth(time - self.delay)


def test_a_video_without_sound_gives_faces_and_says_so(opened, tmp_path):
    video = write_video(tmp_path / "mute.mkv", [Person(RED, LEFT, TALKER)], audio=None, duration=2.0)
    pipeline = opened()
    run = pipeline.run(video, people(pipeline, Ada=RED))
    results = list(run.results())
    assert not [result for result in results if isinstance(result, Segment)]
    faces = [face for result in results if isinstance(result, FrameResult) for face in result.faces]
    assert {(face.person, face.speaking) for face in faces} == {("Ada", None)}
    assert any("no sound" in warning for warning in run.summary.warnings)


def test_a_video_without_faces_is_no_error(opened, tmp_path):
    video = write_video(tmp_path / "empty.mkv", [], audio=TALKER.audio(), duration=1.0)
    run = opened().run(video)
    assert list(run) == []
    assert run.summary.statistics["frames"] == 25
    assert run.summary.statistics["faces"] == 0


def test_faces_that_the_recognizer_can_tell_nothing_of_are_counted_and_cost_only_themselves(opened, two_people):
    class Moody(FakeRecognizer):
        def embed(self, crops):
            made = super().embed(crops)
            made[(crops.times > 1.0) & (crops.times < 1.2)] = np.nan
            return made

    pipeline = opened(plugin=FakePlugin(recognizer=Moody))
    run = pipeline.run(two_people, people(pipeline, Ada=RED, Bo=BLUE))
    results = list(run.results())
    assert {result.person for result in results if isinstance(result, Segment)} == {"Ada"}
    assert run.summary.warnings == ("2 of 16 faces could not be compared with anybody",)
    assert all(np.isfinite(result.similarity) for result in results if isinstance(result, Segment))


def test_max_frames_stops_early(opened, two_people):
    run = opened().run(two_people, max_frames=10)
    list(run)
    assert run.summary.statistics["frames"] == 10


@pytest.mark.parametrize(("asked", "said"), [(149, True), (150, False), (151, False)])
def test_that_a_video_was_not_looked_at_to_its_end_is_said_where_it_goes_on(opened, two_people, asked, said):
    run = opened().run(two_people, max_frames=asked)
    list(run)
    assert run.summary.statistics["frames"] == min(asked, 150)
    assert (f"only the first {asked} frames were looked at, as asked" in run.summary.warnings) == said


def test_progress_is_told(opened, two_people):
    seen: list[Progress] = []
    list(opened().run(two_people, max_frames=10, observer=seen.append))
    assert [progress.frames for progress in seen if not progress.judged] == list(range(1, 11))
    assert [progress.judged for progress in seen if progress.judged] == list(range(1, 11))
    assert {"decode", "detect", "speak"} <= set(seen[-1].stages)


def test_a_table_has_a_row_a_segment(opened, two_people):
    rows = opened().run(two_people).table()
    assert rows
    assert rows[0]["duration"] == pytest.approx(rows[0]["end"] - rows[0]["start"])


def test_a_pipeline_that_is_not_open_says_so(tmp_path):
    pipeline = Pipeline.from_profile(profile(), registry=Registry.of(FakePlugin()), settings=Settings(cache=tmp_path))
    with pytest.raises(RuntimeError, match="with statement"):
        pipeline.run("video.mp4")


def test_pictures_are_decoded_by_what_the_machine_says_and_the_result_is_the_same(opened, two_people, monkeypatch):
    def too_old():
        raise ImportError("no card can be asked for")

    monkeypatch.setattr(nvdec, "accelerator", too_old)
    plain, asked = opened().run(two_people), opened(decoder="nvdec").run(two_people)
    assert [segment.to_json() for segment in asked] == [segment.to_json() for segment in plain]
    (line,) = set(asked.summary.warnings) - set(plain.summary.warnings)
    assert line.startswith("decoded without NVDEC: ")
    assert line.endswith("no card can be asked for")


def test_the_recognizer_is_not_opened_without_a_gallery(opened, two_people):
    from slceleb_core.testing import FakeRecognizer

    class Unavailable(FakeRecognizer):
        def open(self):
            raise AssertionError("opened")

    assert list(opened(plugin=FakePlugin(recognizer=Unavailable)).run(two_people))


@pytest.mark.parametrize("stems", [("a/clip", "b/clip"), ("a/clip", "a/clip")])
def test_two_pipelines_write_into_one_folder_at_the_same_time(opened, two_people, tmp_path, stems):
    """Two videos of one stem both have results; the same video twice has them once, and one error that says so."""
    videos = [tmp_path / f"{stem}.mkv" for stem in stems]
    for video in videos:
        video.parent.mkdir(exist_ok=True)
        shutil.copyfile(two_people, video)
    together = threading.Barrier(len(videos), timeout=30)
    started = []

    def wait(_progress):
        if threading.get_ident() not in started:
            started.append(threading.get_ident())
            together.wait(60)

    def process(video):
        pipeline = opened("json")
        try:
            return pipeline.process(video, tmp_path / "out", observer=wait).folder
        except OutputError as error:
            together.wait(60)
            return error.message

    with ThreadPoolExecutor(len(videos)) as pool:
        done = list(pool.map(process, videos))
    folders = [outcome for outcome in done if isinstance(outcome, Path)]
    assert sorted(folders) == results_in(tmp_path / "out")
    assert len(folders) == len(set(videos))
    assert all("is writing results to" in outcome for outcome in done if outcome not in folders)
    assert not (tmp_path / "out" / EARLIER).exists()


def test_everything_is_written(opened, two_people, tmp_path):
    pipeline = opened("json", "clips", "table")
    done = pipeline.process(two_people, tmp_path / "out", people(pipeline, Ada=RED, Bo=BLUE))
    pipeline.collect(tmp_path / "out")
    assert done.folder == tmp_path / "out" / "two people"
    result = json.loads((done.folder / "result.json").read_text(encoding="utf-8"))
    assert [segment["id"] for segment in result["segments"]] == [segment.id for segment in done.segments]
    assert {"profile", "versions", "stages", "tracks", "statistics", "gallery"} <= set(result)
    lines = gzip.decompress((done.folder / "frames.jsonl.gz").read_bytes()).decode().splitlines()
    assert len(lines) == 150
    assert set(json.loads(lines[0])["faces"][0]) == {"track", "box", "score", "person", "similarity", "speaking"}
    table = read_csv(done.folder / "segments.csv")
    assert ",".join(table[0]) == "id,video,person,start,end,duration,speaking_mean,speaking_min,similarity,track"
    assert table == read_csv(tmp_path / "out" / "segments.csv")
    for segment in done.segments:
        with wave.open(str(done.folder / "clips" / "Ada" / f"{segment.id}.wav")) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (16000, 1, 2)
            assert sound.getnframes() == pytest.approx(segment.duration * 16000, abs=2)
        assert (done.folder / "clips" / "Ada" / f"{segment.id}.mp4").stat().st_size > 1000


def test_running_twice_gives_the_same_files_and_doubles_nothing(opened, two_people, tmp_path):
    pipeline, out = opened("json", "table"), tmp_path / "out"
    first = pipeline.process(two_people, out)
    before = {name: (first.folder / name).read_bytes() for name in ("segments.csv", "frames.jsonl.gz")}
    pipeline.collect(out)
    rows = read_csv(out / "segments.csv")
    second = pipeline.process(two_people, out)
    pipeline.collect(out)
    assert second.folder == first.folder
    assert {name: (second.folder / name).read_bytes() for name in before} == before
    assert read_csv(out / "segments.csv") == rows
    assert (out / ".earlier" / "two people.1" / "segments.csv").is_file()


def test_clips_are_never_cut_out_of_another_file_than_faces_were_looked_for_in(opened, two_people, tmp_path):
    video, other = tmp_path / "video.mkv", tmp_path / "other.mkv"
    video.write_bytes(two_people.read_bytes())
    other.write_bytes(two_people.read_bytes() + bytes(8))
    with pytest.raises(VideoError, match=f"{video}: has changed while it was looked at"):
        opened("json", "clips").process(
            video, tmp_path / "out", observer=lambda _: other.exists() and other.replace(video)
        )
    assert not (tmp_path / "out" / "video").exists()


def test_a_file_whose_date_changes_while_it_is_looked_at_is_the_same(opened, two_people, tmp_path):
    video = tmp_path / "video.mkv"
    video.write_bytes(two_people.read_bytes())
    done = opened("json").process(video, tmp_path / "out", observer=lambda _: os.utime(video, (0, 0)))
    assert done.folder.is_dir()


def test_an_output_folder_that_is_deleted_meanwhile_is_named(opened, two_people, tmp_path):
    with pytest.raises(OutputError, match=r"cannot write the results of .* was deleted meanwhile"):
        opened("json", "table").process(
            two_people, tmp_path / "out", observer=lambda _: shutil.rmtree(tmp_path / "out", ignore_errors=True)
        )


def test_the_table_of_the_run_holds_every_video(opened, two_people, tmp_path):
    other = tmp_path / "elsewhere"
    other.mkdir()
    same_stem = other / two_people.name
    same_stem.write_bytes(two_people.read_bytes())
    pipeline, out = opened("table"), tmp_path / "out"
    first, second = pipeline.process(two_people, out), pipeline.process(same_stem, out)
    pipeline.collect(out)
    assert first.folder != second.folder
    ids = [row["id"] for row in read_csv(out / "segments.csv")]
    assert len(ids) == len(set(ids)) == len(first.segments) + len(second.segments)


def removed(pipeline, out, **wanted):
    """Take a person or a video out of a corpus."""
    ((kind, name),) = wanted.items()
    remove = {"person": remove_person, "video": remove_video}[kind]
    return remove(out, name, registry=pipeline.registry)


def files_in(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def test_a_removed_video_does_not_come_back_under_any_name(opened, two_people, tmp_path):
    pipeline, out = opened("json", "table"), tmp_path / "out"
    pipeline.process(two_people, out)
    removed(pipeline, out, video=two_people.name)
    before = files_in(out)
    copy = tmp_path / "copy.mkv"
    copy.write_bytes(two_people.read_bytes())
    for video, known in ((two_people, None), (copy, None), (copy, fingerprint(copy))):
        with pytest.raises(UsageError, match="this file was removed from the corpus") as said:
            pipeline.process(video, out, name="again", fingerprint=known)
        assert "\n" not in said.value.message
        assert str(video) in said.value.message
    assert files_in(out) == before
    assert pipeline.process(two_people, tmp_path / "elsewhere").segments


@pytest.mark.parametrize("wanted", [{"Ada", "Bo"}, {"Bo"}])
def test_a_removed_person_does_not_come_back_even_to_be_compared_with(opened, two_people, tmp_path, wanted):
    pipeline, out = opened("json", "table"), tmp_path / "out"
    pipeline.process(two_people, out, people(pipeline, Ada=RED, Bo=BLUE))
    removed(pipeline, out, person="Ada")
    before = files_in(out)
    gallery = replace(people(pipeline, Ada=RED, Bo=BLUE), wanted=frozenset(wanted))
    with pytest.raises(UsageError, match=r"Ada was removed from the corpus .*, and they are in the gallery"):
        pipeline.process(two_people, out, gallery)
    assert files_in(out) == before
    done = pipeline.process(two_people, out, people(pipeline, Bo=BLUE))
    told = json.loads((done.folder / "result.json").read_text(encoding="utf-8"))
    assert {track["person"] for track in told["tracks"]} == {None, "Bo"}
    assert not done.segments


def test_what_cannot_be_known_to_be_allowed_is_refused(opened, two_people, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "removals.jsonl").write_text("{broken\n")
    with pytest.raises(UsageError, match=r"cannot read .*removals\.jsonl"):
        opened("json").process(two_people, out)
    assert files_in(out) == {Path("removals.jsonl")}


class FailingSink(MemorySink):
    name = "failing"
    error: BaseException = RuntimeError("boom")
    at = "segment"

    def segment(self, segment):
        if self.at == "segment":
            raise self.error

    def commit(self, summary):
        if self.at == "commit":
            raise self.error


@pytest.mark.parametrize("at", ["segment", "commit"])
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), OutputError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (RuntimeError("boom"), RuntimeError),
    ],
)
def test_a_failure_leaves_nothing_of_this_video_and_everything_of_earlier_ones(
    opened, two_people, tmp_path, at, error, expected
):
    out = tmp_path / "out"
    earlier = opened("table").process(two_people, out)
    kept = {path: path.read_bytes() for path in out.rglob("*.csv")}
    plugin = FakePlugin(sink=type("Failing", (FailingSink,), {"error": error, "at": at}))
    with pytest.raises(expected):
        opened("table", "failing", plugin=plugin).process(two_people, out)
    assert {path: path.read_bytes() for path in out.rglob("*.csv")} == kept
    assert list((out / ".partial").iterdir()) == []
    assert earlier.folder.is_dir()


def test_sinks_are_told_of_an_abort(opened, two_people, tmp_path):
    failing = FakePlugin(sink=type("Failing", (FailingSink,), {}))
    witness = FakePlugin()

    class Witness:
        @hookimpl
        def slceleb_sinks(self):
            return [witness.sink]

    registry = Registry.of(failing, Witness())
    with (
        Pipeline.from_profile(
            profile("memory", "failing"), registry=registry, settings=Settings(cache=tmp_path)
        ) as pipeline,
        pytest.raises(RuntimeError),
    ):
        pipeline.process(two_people, tmp_path / "out")
    methods = [call.method for call in witness.calls]
    assert methods.count("abort") == 1
    assert "commit" not in methods


@pytest.mark.parametrize(
    ("content", "message"), [(None, "No such file"), (b"", "empty"), (b"not a video" * 100, "not a video")]
)
def test_what_is_no_video_is_one_line_and_leaves_no_folder(opened, tmp_path, content, message):
    path = tmp_path / "x.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(VideoError) as caught:
        opened("json").process(path, tmp_path / "out")
    assert message.lower() in str(caught.value).lower()
    assert not (tmp_path / "out" / "x").exists()


def test_a_track_says_how_near_to_speech_it_came(opened, two_people):
    talker, listener = [result for result in opened().run(two_people).results() if isinstance(result, TrackResult)]
    assert talker.speaking_max > 0.8
    assert talker.speaking_mean > listener.speaking_mean
    assert listener.speaking_max < 0.5


def test_a_file_name_that_is_no_utf_8_is_processed(opened, two_people, tmp_path):
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/na\xffme.mkv"))
    odd.write_bytes(two_people.read_bytes())
    done = opened("json", "table").process(odd, tmp_path / "out", max_frames=50)
    result = json.loads((done.folder / "result.json").read_text(encoding="utf-8"))
    assert result["video"]["path"].endswith("na\\xffme.mkv")
    assert opened("json").process(odd, tmp_path / "out", max_frames=50).folder == done.folder
    assert "only the first 50 frames were looked at, as asked" in done.summary.warnings


@pytest.mark.parametrize("place", ["/proc/nowhere", "file/below", "link"])
def test_a_place_that_cannot_be_an_output_folder_is_one_line(opened, two_people, tmp_path, place):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "gone" / "away")
    with pytest.raises(OutputError, match="cannot write to the output folder"):
        opened("json").process(two_people, tmp_path / place)


def test_one_sink_that_fails_to_let_go_does_not_keep_the_others(opened, two_people, tmp_path, caplog):
    class Stuck(FailingSink):
        def abort(self):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(RuntimeError, match="boom"):
        opened("failing", "json", plugin=FakePlugin(sink=Stuck)).process(two_people, tmp_path / "out")
    assert "the sink failing failed to let go" in caplog.text
    assert list((tmp_path / "out" / ".partial").iterdir()) == []


class Explaining(FakeSpeaker):
    """Says what it was asked, that sound is 80 ms late, and why it says what it says."""

    asked = None

    def start(self, video):
        self.asked = ["start"]

    def listen(self, sound):
        self.asked.append((sound.start, sound.end, len(sound.span(0.0, 2.0).samples)))

    def score(self, tracks, audio):
        self.asked.append("score")
        found = super().score(tracks, audio)
        return [
            Scores(track.speaking, np.full(len(track), 0.08), {"r": track.speaking, "odd": np.full(len(track), np.nan)})
            for track in found
        ]


def test_the_speaker_listens_once_to_the_whole_sound_before_it_scores(opened, two_people):
    pipeline = opened(plugin=FakePlugin(speaker=Explaining))
    run = pipeline.run(two_people)
    list(run.results())
    start, heard, *scored = pipeline._open["speaker"].asked
    assert start == "start"
    assert heard == (0.0, pytest.approx(6.0, abs=0.05), 32000)
    assert set(scored) == {"score"}


def test_offset_and_diagnostics_come_out(opened, two_people, tmp_path):
    pipeline = opened("json", plugin=FakePlugin(speaker=Explaining))
    done = pipeline.process(two_people, tmp_path / "out")
    assert {segment.av_offset_ms for segment in done.segments} == {80.0}
    result = json.loads((done.folder / "result.json").read_text(encoding="utf-8"))
    assert result["statistics"]["av_offset_ms"] == 80.0
    assert {segment["av_offset_ms"] for segment in result["segments"]} == {80.0}
    line = gzip.decompress((done.folder / "frames.jsonl.gz").read_bytes()).decode().splitlines()[50]
    face = json.loads(line)["faces"][0]
    assert face["diagnostics"] == {"r": face["speaking"], "odd": None}


class Doubting(FakeSpeaker):
    """Says how likely lips go with the sound by chance, of every other row, and of one track that two speak at once."""

    def score(self, tracks, audio):
        chances = [np.where(track.frames % 2, 0.01, np.nan) for track in tracks]
        return [
            replace(scores, chance=chance, overlap=np.full(len(scores), 0.9 if track.id else 0.1))
            for scores, chance, track in zip(super().score(tracks, audio), chances, tracks, strict=True)
        ]


def test_chance_and_overlap_come_out_where_the_speaker_tells_them(opened, two_people, tmp_path):
    pipeline = opened("json", plugin=FakePlugin(speaker=Doubting))
    done = pipeline.process(two_people, tmp_path / "out")
    gates = {gate.name: gate for gate in done.segments[0].gates}
    assert (gates["chance"].value, gates["chance"].limit) == (pytest.approx(0.01), 0.05)
    assert (gates["overlap"].value, gates["overlap"].limit) == (pytest.approx(0.1), 0.5)
    lines = gzip.decompress((done.folder / "frames.jsonl.gz").read_bytes()).decode().splitlines()
    even, odd = ([(face.get("chance"), face["overlap"]) for face in json.loads(lines[n])["faces"]] for n in (50, 51))
    assert (even, odd) == ([(None, 0.1), (None, 0.9)], [(0.01, 0.1), (0.01, 0.9)])
    assert "chance" not in json.loads(lines[50])["faces"][0]
    strict = opened(plugin=FakePlugin(speaker=Doubting), gates={"max_chance": 0.001})
    rejected = [result for result in strict.run(two_people).results() if isinstance(result, Rejection)]
    assert "chance" in {rejection.gate.name for rejection in rejected}


def test_a_speaker_that_tells_no_lag_gives_no_offset(opened, two_people):
    run = opened().run(two_people)
    segments = list(run)
    assert {segment.av_offset_ms for segment in segments} == {None}
    assert run.summary.statistics["av_offset_ms"] is None
