"""What was found earlier stands in for stages: with the same results, and without what they need."""

import json
import shutil
from dataclasses import replace
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from slceleb_core import hookimpl
from slceleb_core.artefacts import KINDS, ArtefactStore
from slceleb_core.decision.attention import THOROUGH, EconomyConfig
from slceleb_core.disk.fingerprint import fingerprint
from slceleb_core.disk.output import statement_of
from slceleb_core.errors import ModelError
from slceleb_core.jobs import report_from_json
from slceleb_core.media import lazy_audio
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile
from slceleb_core.registry import Registry
from slceleb_core.run import _steps
from slceleb_core.settings import Settings
from slceleb_core.sinks import slceleb_sinks
from slceleb_core.testing import (
    BLUE,
    RED,
    FakeDetector,
    FakeLipSpeaker,
    FakeMeshingDetector,
    FakePlugin,
    FakeRecognizer,
    FakeSpeaker,
    Person,
    Scene,
    SyntheticTalker,
    draw_person,
    write_video,
)
from slceleb_core.types import TimeRange

TALKER = SyntheticTalker(seed=1, duration=2.4)
LEFT, RIGHT = (10.0, 30.0, 60.0, 90.0), (95.0, 30.0, 145.0, 90.0)
FAKES = {
    "detect": {"use": "fake"},
    "embed": {"use": "fake"},
    "speaker": {"use": "fake"},
    "economy": THOROUGH.model_dump(),
}
STEPS = ("faces", "observations", "scores", "embeddings")


class BuiltIn:
    @hookimpl
    def slceleb_sinks(self):
        return slceleb_sinks()


class MeshDetector(FakeDetector):
    """Gives landmarks too, of which every number counts."""

    provides = frozenset({"keypoints5", "landmarks478"})

    def detect(self, frames):
        return [self._meshed(frame, faces) for frame, faces in zip(frames, super().detect(frames), strict=True)]

    @staticmethod
    def _meshed(frame, faces):
        if not len(faces):
            return replace(faces, landmarks478=None)
        mesh = np.random.default_rng(frame.index).random((len(faces), 478, 3), np.float32)
        return replace(faces, landmarks478=mesh)


class MeshSpeaker(FakeSpeaker):
    """Looks at the landmarks, and at the picture."""

    def observe(self, frame, faces):
        seen = super().observe(frame, faces)
        return seen if faces.landmarks478 is None else seen + faces.landmarks478.mean(axis=(1, 2))[:, None]


OPENED = AssertionError("opened")


def shut(stage, error=OPENED):
    """Return a stage that cannot be opened."""

    def refuse(self):
        raise error

    return type("Shut", (stage,), {"open": refuse})


SHUT = FakePlugin(detector=shut(FakeDetector), recognizer=shut(FakeRecognizer), speaker=shut(FakeSpeaker))


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    here = [Person(RED, LEFT, TALKER), Person(BLUE, RIGHT, TALKER.frozen())]
    cuts = [Scene(1.4, ()), Scene(1.6, (Person(BLUE, LEFT, TALKER),))]
    write_video(folder / "talk.mkv", here, audio=TALKER.audio(), duration=2.4, cuts=cuts)
    write_video(folder / "mute.mkv", here, audio=None, duration=0.6)
    for name, colour in (("Ada", RED), ("Bo", BLUE)):
        picture = np.full((240, 240, 3), 200, np.uint8)
        draw_person(picture, (60.0, 60.0, 180.0, 180.0), colour)
        (folder / "poi" / name).mkdir(parents=True)
        cv2.imwrite(str(folder / "poi" / name / "1.png"), picture[:, :, ::-1])
    return folder


@pytest.fixture
def kept(tmp_path):
    return ArtefactStore(tmp_path / "artefacts")


@pytest.fixture
def opened(tmp_path):
    """Give a function that opens a pipeline of fakes."""
    made = []

    def open_pipeline(store, plugin=None, **sections):
        registry = Registry.of(plugin or FakePlugin(), BuiltIn())
        chosen = Profile.model_validate({**FAKES, **sections})
        settings = Settings(cache=tmp_path / "cache")
        made.append(Pipeline.from_profile(chosen, registry=registry, settings=settings, artefacts=store))
        return made[-1].__enter__()

    yield open_pipeline
    for pipeline in made:
        pipeline.__exit__(None, None, None)


def found(pipeline, media, video="talk.mkv", poi="poi", **options):
    """Return all results of a video and which steps were replayed."""
    gallery = None if poi is None else pipeline.enroll(media / poi)
    run = pipeline.run(media / video, gallery, **options)
    results = list(run.results())
    return (results, run.summary.warnings, run.summary.video), run.summary.statistics["cache"]


def all_of(value, steps=STEPS):
    return dict.fromkeys(steps, value)


def test_where_the_clock_begins_anew_is_kept_with_what_was_found(opened, kept, tmp_path):
    for name in "ab":
        write_video(tmp_path / f"{name}.ts", [Person(RED, LEFT, TALKER)], audio=TALKER.audio(), duration=2.0)
    (tmp_path / "ab.ts").write_bytes((tmp_path / "a.ts").read_bytes() + (tmp_path / "b.ts").read_bytes())
    first, _ = found(opened(kept), tmp_path, "ab.ts", None)
    second, replayed = found(opened(kept, SHUT), tmp_path, "ab.ts", None)
    assert len(first[2].restarts) == 1
    assert any("begins anew" in line for line in first[1])
    assert first == second
    assert all(replayed.values())


@pytest.mark.parametrize(("video", "poi"), [("talk.mkv", "poi"), ("talk.mkv", None), ("mute.mkv", "poi")])
def test_results_are_the_same_without_with_and_from_what_is_kept(opened, media, kept, video, poi):
    plain, nothing = found(opened(None), media, video, poi)
    first, fresh = found(opened(kept), media, video, poi)
    second, replayed = found(opened(kept, SHUT), media, video, poi)
    assert plain == first == second
    steps = STEPS if poi else STEPS[:3]
    assert (nothing, fresh, replayed) == ({}, all_of(False, steps), all_of(True, steps))


@pytest.mark.parametrize(("asked", "said"), [(59, True), (60, False), (61, False)])
def test_whether_a_video_goes_on_behind_what_was_looked_at_is_kept(opened, media, kept, asked, said):
    for plugin in (None, SHUT, FakePlugin(recognizer=Hue)):  # made, replayed, and with the pictures once more
        (_, warnings, _), _ = found(opened(kept, plugin), media, max_frames=asked)
        assert any("only the first" in warning for warning in warnings) == said


class Hue(FakeRecognizer):
    """Another one, as far as anybody knows."""

    revision = 2


def test_what_is_known_is_neither_decoded_nor_listened_to(opened, media, kept, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("decoded")

    expected, _ = found(opened(kept), media)
    monkeypatch.setattr(_steps, "VideoReader", refuse)
    monkeypatch.setattr(lazy_audio.AudioTrack, "decode", refuse)
    assert found(opened(kept, SHUT), media)[0] == expected


@pytest.mark.parametrize(
    ("lost", "replayed"),
    [
        ("faces", set()),
        ("embeddings", {"faces", "observations", "scores"}),
        ("scores", {"faces", "observations", "embeddings"}),
        ("observations", set(STEPS)),
        ("meshes", set(STEPS)),
    ],
)
@pytest.mark.parametrize("how", ["deleted", "damaged"])
def test_what_is_lost_is_made_anew_and_nothing_else(opened, media, kept, lost, replayed, how):
    plugin = FakePlugin(detector=MeshDetector, speaker=MeshSpeaker)
    expected, _ = found(opened(kept, plugin), media)
    for path in (kept.root / lost).rglob("*.zip"):
        content = path.read_bytes()
        path.unlink() if how == "deleted" else path.write_bytes(content[: len(content) // 2])
    again, cache = found(opened(kept, plugin), media)
    assert again == expected
    assert {step for step, used in cache.items() if used} == replayed
    assert found(opened(kept, plugin), media) == (expected, all_of(True))


@pytest.mark.parametrize(
    ("change", "replayed"),
    [
        ({"segments": {"onset": 0.7}}, set(STEPS)),
        ({"identity": {"margin": 0.5}}, set(STEPS)),
        ({"spans": {"seconds": 5.0}}, {"faces", "observations", "embeddings"}),
        ({"speaker": {"use": "fake", "options": {"window": 2.0}}}, {"faces", "embeddings"}),
        ({"embed": {"use": "fake", "options": {"hues": 12}}}, {"faces", "observations", "scores"}),
        ({"tracking": {"max_gap": 0.1}}, {"faces", "observations"}),
        ({"detect": {"use": "fake", "options": {"min_side": 9}}}, set()),
    ],
)
def test_a_changed_profile_redoes_only_what_it_touches(opened, media, kept, change, replayed):
    plugin = FakePlugin(detector=MeshDetector, speaker=MeshSpeaker)
    found(opened(kept, plugin), media)
    expected, _ = found(opened(None, plugin, **change), media)
    again, cache = found(opened(kept, plugin, **change), media)
    assert again == expected
    assert {step for step, used in cache.items() if used} == replayed


@pytest.mark.parametrize(("kinds", "replayed"), [(KINDS, True), (set(KINDS) - {"meshes"}, False)])
def test_faces_serve_another_speaker_where_their_meshes_are_kept(opened, media, tmp_path, kinds, replayed):
    store = ArtefactStore(tmp_path / "some", kinds)
    found(opened(store, FakePlugin(detector=MeshDetector)), media)
    other = FakePlugin(detector=MeshDetector, speaker=type("Other", (MeshSpeaker,), {"revision": 9}))
    again, cache = found(opened(store, other), media)
    assert again == found(opened(None, other), media)[0]
    assert (cache["faces"], cache["observations"]) == (replayed, False)


def test_a_gallery_that_comes_later_needs_no_detector(opened, media, kept):
    found(opened(kept), media, poi=None)
    opened(kept).enroll(media / "poi")
    known = FakePlugin(detector=shut(FakeDetector), speaker=shut(FakeSpeaker))
    again, cache = found(opened(kept, known), media)
    assert cache == {**all_of(True), "embeddings": False}
    assert again == found(opened(None), media)[0]


def test_what_was_made_from_other_faces_is_not_used(opened, media, kept, tmp_path):
    expected, _ = found(opened(kept), media)
    kept.root.rename(tmp_path / "earlier")
    found(opened(kept), media)
    for kind in ("faces", "meshes"):
        shutil.rmtree(kept.root / kind)
        shutil.copytree(tmp_path / "earlier" / kind, kept.root / kind)
    again, cache = found(opened(kept), media)
    assert again == expected
    assert {step for step, used in cache.items() if used} == {"faces"}


def test_a_part_and_a_beginning_are_kept_apart_from_the_whole(opened, media, kept):
    whole, _ = found(opened(kept), media)
    for options in ({"max_frames": 30}, {"part": TimeRange(0.5, 1.5)}, {"part": TimeRange(end=1.5)}):
        expected, _ = found(opened(None), media, **options)
        first, fresh = found(opened(kept), media, **options)
        second, replayed = found(opened(kept, SHUT), media, **options)
        assert expected == first == second != whole
        assert (fresh, replayed) == (all_of(False), all_of(True))


def test_a_run_that_is_left_while_it_judges_keeps_what_was_perceived(opened, media, kept):
    run = opened(kept).run(media / "talk.mkv")
    results = run.results()
    next(results)
    results.close()
    assert {path.parts[-3] for path in kept.root.rglob("*") if path.is_file()} == {"faces", "meshes", "observations"}


def test_a_moved_video_is_known_by_its_content(opened, media, kept, tmp_path):
    found(opened(kept), media)
    moved = tmp_path / "moved" / "other.mkv"
    moved.parent.mkdir()
    shutil.copy(media / "talk.mkv", moved)
    pipeline = opened(kept, SHUT)
    run = pipeline.run(moved)
    segments = list(run)
    assert segments
    assert {segment.id.partition("-")[0] for segment in segments} == {"other"}
    assert run.summary.video.path == moved


def test_a_missing_model_is_an_error_where_the_stage_is_needed(opened, media, kept):
    gone = ModelError("model file x is not on this machine")
    plugin = FakePlugin(detector=shut(FakeDetector, gone))
    with pytest.raises(ModelError):
        found(opened(kept, plugin), media, poi=None)
    found(opened(kept), media, poi=None)
    assert found(opened(kept, plugin), media, poi=None)[1] == all_of(True, STEPS[:3])


def test_photos_are_looked_at_once(opened, media, kept, tmp_path):
    before = opened(kept).examine(media / "poi")
    folder = tmp_path / "poi"
    shutil.copytree(media / "poi", folder)
    again = opened(kept, SHUT).examine(folder)
    assert [photo.embedding.tobytes() for photo in again] == [photo.embedding.tobytes() for photo in before]
    assert [photo.size for photo in again] == [photo.size for photo in before]
    (folder / "Ada" / "2.png").write_bytes(b"no picture")
    problems = [photo.problem for photo in opened(kept).examine(folder)]
    assert problems == ["", "cannot be read: not a picture", ""]
    assert [photo.problem for photo in opened(kept, SHUT).examine(folder)] == problems


def results_of(folder):
    """Return every file of an output folder, without what tells when and how fast it was made."""
    passing = ("wall_seconds", "frames_per_second", "real_time_factor", "stage_seconds", "cache")

    def settled(value):
        if isinstance(value, dict):
            return {name: settled(item) for name, item in value.items() if name not in passing}
        return [settled(item) for item in value] if isinstance(value, list) else value

    def content(path):
        return settled(json.loads(path.read_text())) if path.suffix == ".json" else path.read_bytes()

    files = (path for path in folder.rglob("*") if path.is_file())
    kept = [path for path in files if not path.relative_to(folder).parts[0].startswith(".")]
    return {str(path.relative_to(folder)): content(path) for path in kept}


SINKS = [{"use": "json"}, {"use": "table"}, {"use": "clips"}]


def test_retuning_writes_what_a_fresh_run_writes(opened, media, kept, tmp_path):
    def write(target, store, plugin=None, **sections):
        pipeline = opened(store, plugin, sinks=SINKS, **sections)
        gallery = pipeline.enroll(media / "poi")
        for name in ("talk.mkv", "mute.mkv"):
            pipeline.process(media / name, target, gallery)
        pipeline.collect(target)

    write(tmp_path / "out", kept)
    write(tmp_path / "out", kept, SHUT, segments={"onset": 0.7, "min_on": 0.1})
    write(tmp_path / "fresh", None, segments={"onset": 0.7, "min_on": 0.1})
    retuned, fresh = results_of(tmp_path / "out"), results_of(tmp_path / "fresh")
    assert any(name.endswith(".mp4") for name in fresh)
    assert retuned == fresh


def test_a_clip_is_cut_once_and_again_when_it_has_been_changed(opened, media, kept, tmp_path, caplog):
    def clips():
        done = opened(kept, sinks=[{"use": "clips"}]).process(media / "talk.mkv", tmp_path / "out")
        return {path.name: path for path in done.folder.rglob("clips/*/*")}

    first = clips()
    contents = {name: path.read_bytes() for name, path in first.items()}
    again = clips()
    shelved = tmp_path / "out" / ".earlier" / "talk.1"
    assert again
    assert all(path.samefile(next(shelved.rglob(name))) for name, path in again.items())
    changed = next(path for path in again.values() if path.suffix == ".mp4")
    with changed.open("r+b") as stream:
        stream.write(b"changed")
    assert {name: path.read_bytes() for name, path in clips().items()} == contents
    assert "cut anew" in caplog.text


@pytest.fixture
def dubbed(media):
    """Return a video whose second track is silent, and French."""
    path = media / "dubbed.mkv"
    with av.open(str(media / "talk.mkv")) as source, av.open(str(path), "w") as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        french = target.add_stream("pcm_s16le", rate=16_000, layout="mono")
        french.metadata["language"] = "fra"
        for packet in list(source.demux()):
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
        for first in range(0, 38_400, 1600):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.int16), format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16_000, first, Fraction(1, 16_000)
            target.mux(french.encode(frame))
    return path


def test_another_audio_track_redoes_what_depends_on_sound_and_nothing_else(opened, media, kept, tmp_path, dubbed):
    sinks = [{"use": "json"}, {"use": "clips"}]

    def write(target, store, plugin=None, audio=None, **options):
        pipeline = opened(store, plugin, sinks=sinks, **({"audio": audio} if audio else {}))
        done = pipeline.process(dubbed, target, **options)
        used = {step for step, kept in done.summary.statistics["cache"].items() if kept}
        return done, used

    first, _ = write(tmp_path / "out", kept)
    assert first.segments
    assert first.summary.video.audio.number == 1
    again, used = write(tmp_path / "out", kept, FakePlugin(detector=shut(FakeDetector)), audio_track="fr")
    assert used == {"faces", "observations"}
    assert (again.segments, again.summary.video.audio.number, again.summary.video.audio.taken_as) == (
        (),
        2,
        "asked for",
    )
    told = json.loads((again.folder / "result.json").read_text())["audio"]
    assert (told["asked"], told["track"]["language"], len(told["tracks"])) == ("fr", "fra", 2)
    third, used = write(tmp_path / "out", kept, SHUT, audio={"track": "fr"})
    assert used == {"faces", "observations", "scores"}
    assert third.summary.video == again.summary.video
    fourth, _ = write(tmp_path / "out", kept, audio={"track": "fr"}, audio_track=1)
    assert fourth.summary.video.audio.number == 1
    assert fourth.segments == first.segments


def test_what_is_known_of_a_result_is_stated_beside_it(opened, media, tmp_path):
    facts = {"licence": "CC0"}
    done = opened(None, sinks=[{"use": "json"}]).process(
        media / "talk.mkv", tmp_path / "out", name="nice", key="k1", facts=facts
    )
    assert done.folder == tmp_path / "out" / "nice"
    stated = statement_of(done.folder)
    assert (stated["key"], stated["source"]) == ("k1", facts)
    assert stated["fingerprint"] == fingerprint(media / "talk.mkv")
    report = report_from_json(stated["report"])
    assert (report.name, report.fault, report.fingerprint) == ("nice", None, stated["fingerprint"])
    assert [segment["id"] for segment in report.segments] == [segment.id for segment in done.segments]
    assert report.statistics == json.loads(json.dumps(done.summary.statistics))
    assert json.loads((done.folder / "result.json").read_text())["source"] == facts


SPARING = EconomyConfig().model_dump()
SPARED = FakePlugin(detector=FakeMeshingDetector, speaker=FakeLipSpeaker)


@pytest.mark.parametrize("poi", ["poi", None])
def test_what_was_looked_at_sparingly_is_replayed_as_it_was(opened, media, kept, poi):
    sections = {"detect": {"use": "fake-meshing"}, "speaker": {"use": "fake-lips"}, "economy": SPARING}
    plain, _ = found(opened(None, SPARED, **sections), media, poi=poi)
    first, _ = found(opened(kept, SPARED, **sections), media, poi=poi)
    shut_all = FakePlugin(
        detector=shut(FakeMeshingDetector), recognizer=shut(FakeRecognizer), speaker=shut(FakeLipSpeaker)
    )
    pipeline = opened(kept, SPARED, **sections)
    gallery = None if poi is None else pipeline.enroll(media / poi)
    run = opened(kept, shut_all, **sections).run(media / "talk.mkv", gallery)
    second = list(run.results())
    assert plain[0] == first[0] == second
    assert all(run.summary.statistics["cache"].values())
    told = run.summary.statistics
    assert told["faces_compared"] is None or told["faces_compared"] < told["faces"] / 2


@pytest.mark.parametrize(
    ("change", "replayed"),
    [
        ({"segments": {"onset": 0.7}}, set(STEPS)),
        ({"identity": {"margin": 0.5}}, set(STEPS)),
        ({"identity": {"fpir": 0.01}}, set(STEPS)),  # candidates are told by a rate that lets more pass
        ({"identity": {"fpir": 0.1}}, set()),
        ({"identity": {"threshold": 0.4}}, set()),
        ({"gates": {"vad": "none"}}, set()),
        ({"economy": {**SPARING, "embed_interval": 2.0}}, set()),
        ({"economy": {**SPARING, "mesh": "all"}}, set()),
        ({"embed": {"use": "fake", "options": {"hues": 12}}}, set()),
        ({"spans": {"seconds": 5.0}}, {"faces", "observations", "embeddings"}),
        ({"speaker": {"use": "fake-lips", "options": {"window": 2.0}}}, {"faces", "embeddings"}),
    ],
)
def test_a_changed_profile_looks_anew_where_other_faces_would_be_looked_at(opened, media, kept, change, replayed):
    sections = {"detect": {"use": "fake-meshing"}, "speaker": {"use": "fake-lips"}, "economy": SPARING}
    found(opened(kept, SPARED, **sections), media)
    expected, _ = found(opened(None, SPARED, **{**sections, **change}), media)
    again, cache = found(opened(kept, SPARED, **{**sections, **change}), media)
    assert again == expected
    assert {step for step, used in cache.items() if used} == replayed


def test_other_people_are_looked_for_anew(opened, media, kept, tmp_path):
    sections = {"detect": {"use": "fake-meshing"}, "speaker": {"use": "fake-lips"}, "economy": SPARING}
    found(opened(kept, SPARED, **sections), media)
    shutil.copytree(media / "poi" / "Bo", tmp_path / "poi" / "Bo")
    pipeline = opened(kept, SPARED, **sections)
    run = pipeline.run(media / "talk.mkv", pipeline.enroll(tmp_path / "poi"))
    again = list(run.results())
    alone = opened(None, SPARED, **sections)
    assert again == list(alone.run(media / "talk.mkv", alone.enroll(tmp_path / "poi")).results())
    assert not any(run.summary.statistics["cache"].values())


@pytest.mark.parametrize("lost", ["faces", "embeddings"])
def test_what_was_chosen_together_is_made_together(opened, media, kept, lost):
    sections = {"detect": {"use": "fake-meshing"}, "speaker": {"use": "fake-lips"}, "economy": SPARING}
    expected, _ = found(opened(kept, SPARED, **sections), media)
    shutil.rmtree(kept.root / lost)
    again, cache = found(opened(kept, SPARED, **sections), media)
    assert again == expected
    assert not any(cache.values())
    assert found(opened(kept, SPARED, **sections), media) == (expected, all_of(True))
