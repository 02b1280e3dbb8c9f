"""Taking people and videos out of a corpus that a whole run has made: nothing of them may be left in any file."""

import base64
import contextlib
import csv
import errno
import gzip
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from html import escape
from pathlib import Path
from urllib.parse import quote

import cv2
import markupsafe
import numpy as np
import pytest
from jinja2.utils import htmlsafe_json_dumps

from slceleb_core import manifests, sinks
from slceleb_core.batch import builtin
from slceleb_core.batch.inline import InlineRunner
from slceleb_core.batch.journal import JOURNAL
from slceleb_core.cli import main
from slceleb_core.corpus import removal
from slceleb_core.corpus.bookkeeping import Gone, correct_books, frame_limits
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.corpus.redaction import Redaction
from slceleb_core.corpus.removal import take_out
from slceleb_core.disk import syncing
from slceleb_core.disk.atomic import PARTIAL
from slceleb_core.disk.fingerprint import fingerprint
from slceleb_core.disk.holds import Hold
from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.output import EARLIER
from slceleb_core.disk.removals import KeptOut, Removal, read_removals
from slceleb_core.errors import OneVideoError, OutputError, UsageError
from slceleb_core.registry import Registry
from slceleb_core.review.refreshing import refreshing
from slceleb_core.review.removing import remove_person, remove_video
from slceleb_core.testing import BLUE, RED, FakePlugin, Person, Scene, SyntheticTalker, draw_person, write_video

from .conftest import NAMES, write_recording

ADA, BO = "Ada Łovelace & <b>'s", "Bo"
TALKERS = {name: SyntheticTalker(seed=seed, duration=4.0) for seed, name in enumerate(("first", "second", "third"))}
LEFT = (10.0, 30.0, 60.0, 90.0)
LAST = ("--set", "segments.onset=0.4")
BUILT_IN = (sinks, manifests, builtin)
SINKS = ["json", "table", "clips", *(kind.name for kind in manifests.MANIFESTS)]


def registry():
    return Registry.of(FakePlugin(), *BUILT_IN)


def photo(path, colour):
    image = np.full((120, 120, 3), 120, dtype=np.uint8)
    draw_person(image, (20, 20, 90, 90), colour)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image[:, :, ::-1])


class Workshop:
    """A corpus of one's own, the videos and photos that it was made of, and the command line to work on it."""

    def __init__(self, made, root, shell):
        self.shell, self.out, self.poi = shell, root / "out", root / "poi"
        self.videos = sorted((made / "videos").iterdir())
        self.profile = made / "fakes.yaml"
        subprocess.run(["cp", "-a", made / "out", made / "poi", root], check=True)  # hard links stay what they are

    def run(self, *videos):
        command = ("run", *(videos or self.videos), "-o", self.out, "-p", self.profile, *LAST)
        return self.shell(*command, "--runner", "inline", "--poi-dir", self.poi)

    def remove(self, *arguments):
        return self.shell("corpus", "remove", self.out, *arguments)


@pytest.fixture
def shell(monkeypatch, slceleb):
    monkeypatch.setattr(Registry, "discover", registry)
    return slceleb


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Make a corpus once: two videos with both people, one with the second only; results replaced; a failure; a log."""
    root = tmp_path_factory.mktemp("workshop")
    (root / "videos").mkdir()
    for name, talker in TALKERS.items():
        colour, later = (RED, BLUE) if name != "third" else (BLUE, BLUE)
        cut = [Scene(2.0, (Person(later, LEFT, talker),))]
        path = root / "videos" / f"{name}.mkv"
        write_video(path, [Person(colour, LEFT, talker)], audio=talker.audio(), duration=4.0, cuts=cut)
    (root / "videos" / "broken.mkv").write_bytes(b"no video at all")
    photo(root / "poi" / ADA / "1.png", RED)
    photo(root / "poi" / f"{BO}.png", BLUE)
    wanted = "".join(f"  - use: {name}\n" for name in SINKS)
    # what is kept of faces serves another gallery where all of them were looked at
    economy = "economy: {key_interval: 0, embed_interval: 0}\n"
    profile = "detect: {use: fake}\nembed: {use: fake}\nspeaker: {use: fake}\n" + economy + "sinks:\n" + wanted
    (root / "fakes.yaml").write_text(profile)
    return root


@pytest.fixture(scope="session")
def corpus_made(made):
    """Fill the output folder, once for all tests."""
    patch = pytest.MonkeyPatch()
    with patch.context() as at:
        at.setattr(Registry, "discover", registry)
        at.setenv("SLCELEB_CACHE", str(made / "cache"))
        for further in ((), ("--poi", ADA, "--poi", BO, *LAST)):
            command = ["slceleb", "run", *sorted((made / "videos").iterdir()), "-o", made / "out"]
            command += ["-p", made / "fakes.yaml", "--runner", "inline", "--poi-dir", made / "poi", *further]
            at.setattr(sys, "argv", list(map(str, command)))
            with pytest.raises(SystemExit):
                main()
        for command in (("report",), ("corpus", "report"), ("corpus", "dedupe"), ("corpus", "split")):
            at.setattr(sys, "argv", ["slceleb", *command, str(made / "out")])
            with pytest.raises(SystemExit):
                main()
    with (made / "out" / "slceleb.log").open("a") as log:
        log.write(f"2026-01-01 WARNING slceleb: photo not used: /poi/{ADA}/2.png: no face found\n")
    (made / "out" / "first" / "annotated.mp4").write_bytes(b"names drawn on pictures")
    return made


@pytest.fixture
def workshop(corpus_made, tmp_path, shell):
    return Workshop(corpus_made, tmp_path, shell)


def test_a_video_whose_results_a_killed_process_was_about_to_put_in_place_is_taken_out(workshop):
    out = workshop.out
    hold = Hold.take(out / PARTIAL / ".second.lock", target="second", shelf=EARLIER, inode=0)
    (out / "second").rename(out / PARTIAL / "second")
    hold.leave()
    assert workshop.remove("--video", "second")[0] == 0
    assert "second" not in {recording.name for recording in read_corpus(out).recordings}


def forms(name):
    """Return all bytes that a name may be written as."""
    words = {name, safe_name(name), json.dumps(name)[1:-1], escape(name), escape(name, quote=False)}
    words |= {quote(name), quote(name, safe=""), quote(safe_name(name)), name.replace(" ", "_")}
    words |= {safe_name(name).replace(" ", "_"), json.dumps(escape(name))[1:-1], ascii(name)[1:-1]}
    words |= {str(markupsafe.escape(name)), str(htmlsafe_json_dumps(name))[1:-1]}
    return {word.encode() for word in words}


def contents(path):
    """Yield everything that is in a file, unpacked as far as it is packed, whatever the file is called."""
    raw = path.read_bytes()
    yield raw
    if raw.startswith(b"\x1f\x8b"):
        yield gzip.decompress(raw)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            yield from (packed.read(name) for name in packed.namelist())
    if raw.startswith(b"PAR1"):
        parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
        file = parquet.ParquetFile(path)
        yield repr([file.read().to_pydict(), file.metadata.to_dict(), file.schema_arrow.metadata]).encode()
    if raw.startswith(b"SQLite format 3"):
        with sqlite3.connect(path) as base:
            yield "\n".join(base.iterdump()).encode()
    yield from (base64.b64decode(found) for found in re.findall(rb"base64,([A-Za-z0-9+/=]+)", raw))


def pictures(path):
    """Yield the pictures in a file, uint8 [h, w, 3] BGR: of a page, a photo, a clip."""
    for content in contents(path):
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content[:2] == b"\xff\xd8" else None
        if image is not None:
            yield image
    if path.suffix in (".mp4", ".clip", ".mkv") and path.stat().st_size > 100:
        film = cv2.VideoCapture(str(path))
        while (read := film.read())[0]:
            yield read[1]


def showing(folder, colour):
    """Return every path below a folder in which somebody of a colour is to be seen."""
    found = []
    for path in sorted(folder.rglob("*")):
        shown = pictures(path) if path.is_file() else ()
        near = (np.abs(image.astype(int) - colour[::-1]).max(axis=2) < 40 for image in shown)
        if any(block.mean() > 0.02 for block in near):
            found.append(str(path.relative_to(folder)))
    return found


def embeddings(folder):
    """Return what is kept of the photos of everybody: each one's embedding, as bytes."""
    packed = sorted((folder / ".artefacts" / "photo").rglob("*.zip"))
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(zipfile.ZipFile(path)) for path in packed]
        return {file.read(name) for file in files for name in file.namelist() if "column" in name}


def naming(folder, wanted):
    """Return every path below a folder that has one of these in its name or in it."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder)).encode()
        inside = path.is_file() and any(word in content for content in contents(path) for word in wanted)
        if inside or any(word in name for word in wanted):
            found.append(str(path.relative_to(folder)))
    return found


def said_by(corpus, person):
    return [utterance for utterance in corpus.utterances() if utterance.person == person]


def rows(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_before_a_removal_the_name_is_everywhere(workshop):
    """The search finds what it is to find, so that finding nothing later means something."""
    found = {path.split("/")[0] for path in naming(workshop.out, forms(ADA))}
    expected = {"first", "second", "third", "segments.csv", "manifests", "batch_summary.json", "batch_summary.html"}
    assert expected | {"batch_checkpoint.json", "journal.sqlite", "slceleb.log", ".earlier", "report.html"} <= found
    assert {"corpus_report.json", "corpus_report.html", "splits"} <= found
    shown = {path.split("/")[0] for path in showing(workshop.out, RED)}
    assert {"first", ".artefacts", ".earlier", "report.html"} <= shown
    assert len(embeddings(workshop.out)) == 2


def left_by_the_killed(out):
    """Put there what processes leave that are killed while they write; one of them has an id that is in use again."""
    stated = (out / "first" / "source.json").read_bytes()
    for place in ("third/.source.json.77", ".segments.csv.99", "splits/.dev.csv.12", ".batch_summary.json.new"):
        (out / place).write_bytes(stated)
    for process in (1, os.getpid(), 2**30):
        shutil.copytree(out / "first", out / ".partial" / f"{process}-first")
    (out / "journal.sqlite-wal").write_bytes(b"")


def test_nothing_of_a_removed_person_is_left_in_any_byte(workshop):
    before = read_corpus(workshop.out)
    theirs = said_by(before, ADA)
    sounds = {their.audio.read_bytes()[44:] for their in theirs}
    films = {their.video.read_bytes() for their in theirs}
    kept = {utterance.id: utterance.audio.read_bytes() for utterance in said_by(before, BO)}
    assert len(sounds) >= 2
    assert kept
    photos = {path.read_bytes() for path in (workshop.poi / ADA).iterdir()} | embeddings(workshop.out)
    left_by_the_killed(workshop.out)
    code, _, err = workshop.remove("--person", ADA, "--reason", "asked for it", "--by", "the curator")
    assert code == 0, err
    assert "photos" in err
    ids = {their.id.encode() for their in theirs}
    assert naming(workshop.out, forms(ADA) | ids | sounds | films | photos | {b"names drawn on pictures"}) == []
    assert showing(workshop.out, RED) == []
    after = read_corpus(workshop.out)
    assert {utterance.id: utterance.audio.read_bytes() for utterance in after.utterances()} == kept


def test_somebody_who_is_only_in_earlier_results_can_be_removed(workshop):
    shutil.rmtree(workshop.poi / ADA)
    workshop.run()
    assert {utterance.person for utterance in read_corpus(workshop.out).utterances()} == {BO}
    assert naming(workshop.out, forms(ADA))
    code, _, err = workshop.remove("--person", ADA)
    assert code == 0, err
    assert naming(workshop.out, forms(ADA)) == []


def test_a_video_of_which_there_are_only_earlier_results_can_be_removed(workshop):
    shutil.rmtree(workshop.out / "first")
    (workshop.out / ".earlier" / "second.9").mkdir()  # another process was stopped while it deleted results
    (workshop.out / ".earlier" / "note").write_text("of the user's")
    code, _, err = workshop.remove("--video", "first.mkv")
    assert code == 0, err
    assert naming(workshop.out, {b"first.mkv", b"first-0001"}) == []
    assert {path.name for path in (workshop.out / ".earlier").iterdir()} == {"second.1", "third.1", "note"}
    assert [recording.name for recording in read_corpus(workshop.out).recordings] == ["second", "third"]


def test_what_a_review_has_moved_aside_goes_with_the_person(workshop):
    utterance = said_by(read_corpus(workshop.out), ADA)[0]
    sound = utterance.audio.read_bytes()[44:]
    take_out(workshop.out, [utterance.id], Removal("segments", "me"), refreshing(registry()), workshop.out / ".removed")
    assert naming(workshop.out / ".removed", {sound})
    code, _, err = workshop.remove("--person", ADA)
    assert code == 0, err
    assert naming(workshop.out, {sound, *forms(ADA)}) == []


def test_a_video_may_be_called_like_a_folder_of_what_is_kept(workshop):
    kept = workshop.out / ".artefacts" / "faces"
    before = {path for path in kept.rglob("*") if path.is_file()}
    (workshop.out / "second").rename(workshop.out / kept.name)
    code, _, err = workshop.remove("--video", kept.name)
    assert code == 0, err
    assert not (workshop.out / kept.name).exists()
    assert len(before - {path for path in kept.rglob("*") if path.is_file()}) == 1  # its own: the others' are of use


def test_the_others_stand_in_every_table_as_before(workshop):
    kept = [row for row in rows(workshop.out / "segments.csv") if row["person"] == BO]
    workshop.remove("--person", ADA)
    assert rows(workshop.out / "segments.csv") == kept
    kaldi = (workshop.out / "manifests" / "kaldi" / "utt2spk").read_text().splitlines()
    assert len(kaldi) == len(kept)
    summary = json.loads((workshop.out / "batch_summary.json").read_text())
    assert list(summary["persons"]) == [BO]
    assert summary["totals"]["segments"] == len(kept)
    result = json.loads((workshop.out / "first" / "result.json").read_text())
    assert {track["person"] for track in result["tracks"]} == {BO}
    assert result["gallery"]["persons"] == [BO]
    assert result["statistics"]["segments"] == len(result["segments"])
    frames = gzip.decompress((workshop.out / "first" / "frames.jsonl.gz").read_bytes()).decode().splitlines()
    assert {face["person"] for line in frames for face in json.loads(line)["faces"]} == {BO}


def test_a_removal_is_recorded_without_the_name(workshop):
    segments = said_by(read_corpus(workshop.out), ADA)
    workshop.remove("--person", ADA, "--reason", "asked for it", "--by", "the curator")
    (record,) = read_removals(workshop.out)
    assert (record.kind, record.by, record.reason) == ("person", "the curator", "asked for it")
    assert (record.stats.segments, record.stats.videos) == (len(segments), 2)
    assert record.stats.seconds == pytest.approx(sum(segment.segment.duration for segment in segments), abs=1e-3)
    assert record.finished is not None
    assert record.concerns([ADA])
    assert not record.concerns([BO])


def test_a_removed_person_does_not_come_back(workshop):
    workshop.remove("--person", ADA)
    before = {path: path.read_bytes() for path in workshop.out.rglob("*") if path.is_file()}
    code, _, err = workshop.run()
    assert code == 2
    assert "was removed from the corpus" in err
    assert {path: path.read_bytes() for path in workshop.out.rglob("*") if path.is_file()} == before
    shutil.rmtree(workshop.poi / ADA)
    code, _, err = workshop.run()
    assert code == 1  # of the broken video
    assert naming(workshop.out, forms(ADA)) == []
    assert {utterance.person for utterance in read_corpus(workshop.out).utterances()} == {BO}


def test_results_of_other_videos_can_be_used_again_after_a_removal(workshop):
    workshop.remove("--person", ADA)
    shutil.rmtree(workshop.poi / ADA)
    workshop.run()
    cached = {
        recording.name: json.loads((recording.folder / "result.json").read_text())["statistics"]["cache"]
        for recording in read_corpus(workshop.out).recordings
    }
    assert all(cached["third"].values())
    assert not any(cached["first"].values())


@pytest.mark.parametrize("name", ["first", "first.mkv"])
def test_nothing_of_a_removed_video_is_left_and_it_does_not_come_back(workshop, tmp_path, name):
    going = [utterance for utterance in read_corpus(workshop.out).utterances() if utterance.recording == "first"]
    sounds = {utterance.audio.read_bytes()[44:] for utterance in going}
    (video,) = [path for path in workshop.videos if path.name == "first.mkv"]
    code, _, err = workshop.remove("--video", name)
    assert code == 0, err
    assert naming(workshop.out, {str(video).encode(), b"first.mkv", b"first-0001", *sounds}) == []
    assert not (workshop.out / "first").exists()
    _, out, _ = workshop.run()
    assert [recording.name for recording in read_corpus(workshop.out).recordings] == ["second", "third"]
    assert "removed from this corpus" in out
    renamed = shutil.copy(video, tmp_path / "renamed.mkv")
    code, _, err = workshop.run(renamed)
    assert [recording.name for recording in read_corpus(workshop.out).recordings] == ["second", "third"]
    assert (code, "was removed from the corpus" in err) == (1, True)


def test_whoever_carries_out_the_batch_is_told_what_was_removed(workshop, monkeypatch):
    """A runner's workers may be where no folder of the corpus is seen."""
    begin, told = InlineRunner.begin, []

    def noted(self, job, workers):
        told.append(job.kept_out)
        begin(self, job, workers)

    monkeypatch.setattr(InlineRunner, "begin", noted)
    (video,) = [path for path in workshop.videos if path.name == "first.mkv"]
    workshop.remove("--video", "first")
    workshop.run("--retry-failed", *workshop.videos)
    (kept_out,) = told
    assert kept_out.video(video, fingerprint(video)) is not None
    assert kept_out.video(video, "sha256:another") is None


def test_names_of_files_that_hold_the_name_are_listed(workshop):
    (workshop.out / "first").rename(workshop.out / f"{BO}_at_work")
    code, _, err = workshop.remove("--person", BO)
    assert code == 1
    assert f"{BO}_at_work" in err


def test_longer_names_are_left_alone():
    redaction = Redaction(["Ada"], ["Ada Lovelace", "Bo"])
    assert redaction.text("Ada: nearer to Ada Lovelace than to Ada, not Adamson") == (
        "[removed]: nearer to Ada Lovelace than to [removed], not Adamson"
    )
    told = {"persons": ["Ada", "Ada Lovelace"], "Ada": 1, "person": "Ada", "similarity": 0.4}
    assert redaction.tree(told) == {"persons": ["Ada Lovelace"], "person": None, "similarity": None}


def test_a_dry_run_writes_nothing(workshop):
    before = {path: path.read_bytes() for path in workshop.out.rglob("*") if path.is_file()}
    code, out, _ = workshop.remove("--person", ADA, "--dry-run", "--json")
    assert code == 0
    assert json.loads(out)["segments"] == len(said_by(read_corpus(workshop.out), ADA))
    assert {path: path.read_bytes() for path in workshop.out.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--person", "Nobody"], "is nobody of the corpus"),
        (["--video", "nothing.mkv"], "is no video of the corpus"),
        ([], "what is to be removed"),
        (["--person", ADA, "--video", "first"], "what is to be removed"),
    ],
)
def test_what_is_not_there_cannot_be_removed(workshop, arguments, message):
    code, _, err = workshop.remove(*arguments)
    assert code == 2
    assert message in err
    assert not (workshop.out / "removals.jsonl").exists()


class StoppedError(Exception):
    pass


def steps(monkeypatch, at):
    """Have the program stop at the n-th file that is replaced or deleted."""
    count = iter(range(10_000))
    replace, unlink = Path.replace, Path.unlink

    def stopping(done):
        def step(self, *given, **named):
            if next(count) == at:
                raise StoppedError
            return done(self, *given, **named)

        return step

    monkeypatch.setattr(Path, "replace", stopping(replace))
    monkeypatch.setattr(Path, "unlink", stopping(unlink))


@pytest.mark.parametrize("at", [1, 3, 6, 10, 16, 25, 34, 50])
@pytest.mark.parametrize("which", [("--person", ADA), ("--video", "first")])
def test_a_removal_that_was_stopped_is_done_by_the_same_command(workshop, monkeypatch, at, which):
    with monkeypatch.context() as patch:
        steps(patch, at)
        workshop.remove(*which)
    code, _, err = workshop.remove(*which)
    assert code == 0, err
    wanted = forms(ADA) if which[0] == "--person" else {b"first.mkv", b"first-0001"}
    assert naming(workshop.out, wanted) == []
    assert [removal.finished is not None for removal in read_removals(workshop.out)] == [True]


def test_segments_can_be_moved_out_of_the_corpus(workshop, tmp_path):
    utterance = said_by(read_corpus(workshop.out), BO)[0]
    sound = utterance.audio.read_bytes()
    stats = take_out(
        workshop.out, [utterance.id], Removal("segments", "me"), refreshing(registry()), tmp_path / "aside"
    )
    assert (stats.segments, stats.videos, stats.files) == (1, 1, 2)
    assert (tmp_path / "aside" / utterance.audio.relative_to(workshop.out)).read_bytes() == sound
    assert utterance.id not in {left.id for left in read_corpus(workshop.out).utterances()}
    assert utterance.id not in (workshop.out / "segments.csv").read_text()
    assert naming(workshop.out / "manifests", {utterance.id.encode()}) == []


def test_what_is_not_concerned_is_not_written_again(corpus_dir):
    """Of 50,000 videos a removal would write every file, and wait for the disk at each."""
    tables = [corpus_dir / name / "segments.csv" for name in ("first talk", "second")]
    for table in tables:
        table.write_text(f"id,person,track\n{table.parent.name}-0002,{NAMES[1]},2\nx,{NAMES[0]},1\n")
    tables[1].write_text(f"id,person,track\nx,{NAMES[0]},1\n")
    files = [*tables, *(table.with_name("source.json") for table in tables)]
    before = [file.stat().st_ino for file in files]
    stats = remove_person(corpus_dir, NAMES[1]).stats
    assert stats.segments == 1
    assert [file.stat().st_ino == number for file, number in zip(files, before, strict=True)] == [False, True] * 2


def test_how_near_strangers_come_to_somebody_goes_with_them_in_videos_in_which_they_were_not_seen(corpus_dir):
    path = corpus_dir / "silent" / "source.json"
    stated = json.loads(path.read_text())
    near = {name: {"tracks": 1} for name in NAMES[:2]}
    stated["report"]["statistics"] = {"segments": 0, "strangers": {"tracks": 2, "persons": near}}
    path.write_text(json.dumps(stated))
    assert remove_person(corpus_dir, NAMES[1]).left == ()
    assert json.loads(path.read_text())["report"]["statistics"]["strangers"]["persons"] == {NAMES[0]: {"tracks": 1}}


@pytest.mark.parametrize("kinds", [("person", "video"), ("video", "person")])
def test_a_person_and_a_video_of_one_name_both_stay_out(corpus_dir, kinds):
    write_recording(corpus_dir, "Ada Lovelace", [("Ada Lovelace", 1.0, 2.0)])
    for kind in kinds:
        (remove_person if kind == "person" else remove_video)(corpus_dir, "Ada Lovelace")
    kept_out = KeptOut.of(corpus_dir)
    assert kept_out.person("Ada Lovelace") is not None
    assert kept_out.named("Ada Lovelace")


def test_logs_that_were_moved_aside_when_they_were_full_lose_the_name_as_well(corpus_dir):
    logs = [corpus_dir / name for name in ("slceleb.log", "slceleb.log.1", "slceleb.log.4")]
    for log in logs:
        log.write_text(f"somebody else\nno usable photo of {NAMES[3]}\n")
    assert remove_person(corpus_dir, NAMES[3]).left == ()
    assert [log.read_text() for log in logs] == ["somebody else\n"] * 3


def test_it_is_called_done_when_no_power_cut_can_bring_back_what_was_deleted(corpus_dir, monkeypatch):
    found = []
    sync = syncing.sync_file_system

    def synced(folder):
        found.append((list(folder.rglob("second-0001.wav")), [record.finished for record in read_removals(folder)]))
        sync(folder)

    monkeypatch.setattr(removal, "sync_file_system", synced)
    take_out(corpus_dir, ["second-0001"], Removal("segments", "me"), lambda _folder: None)
    assert found == [([], [None])]
    assert read_removals(corpus_dir)[0].finished is not None


def test_a_disk_that_fails_at_the_end_has_taken_nothing_out(corpus_dir, monkeypatch):
    def fails(folder):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(removal, "sync_file_system", fails)
        with pytest.raises(OutputError, match="Input/output error"):
            take_out(corpus_dir, ["second-0001"], Removal("segments", "me"), lambda _folder: None)
    assert read_removals(corpus_dir)[0].finished is None
    take_out(corpus_dir, ["second-0001"], Removal("segments", "me"), lambda _folder: None)
    assert [record.finished is not None for record in read_removals(corpus_dir)] == [True]


def test_a_journal_that_is_damaged_is_said_to_be_so_and_not_passed_over(tmp_path):
    (tmp_path / JOURNAL).write_text(f"no database, but {ADA} is in it; " * 100)
    with pytest.raises(OutputError, match=r"cannot take out of the journal what is gone: .* is damaged") as refused:
        correct_books(tmp_path, Gone(Redaction([ADA])))
    assert "delete it" in refused.value.hint
    assert frame_limits(tmp_path) == ()


def of_their_own(folder):
    """Make every kept clip a file of its own, as on a file system without hard links."""
    for path in folder.rglob("*.clip"):
        copy = path.with_suffix(".copy")
        shutil.copyfile(path, copy)
        copy.replace(path)


@pytest.mark.parametrize("linked", [True, False], ids=["links", "no links"])
def test_no_clip_of_a_segment_that_is_taken_out_is_kept_to_be_used_again(workshop, linked):
    everything = list(read_corpus(workshop.out).utterances())
    utterance = said_by(read_corpus(workshop.out), BO)[0]
    going = {utterance.audio.read_bytes(), utterance.video.read_bytes()}
    staying = {path.read_bytes() for other in everything for path in (other.audio, other.video)} - going
    if not linked:
        of_their_own(workshop.out / ".artefacts")
    take_out(workshop.out, [utterance.id], Removal("segments", "me"), refreshing(registry()))
    kept = {path.read_bytes() for path in (workshop.out / ".artefacts" / "cut").rglob("*.clip")}
    assert not going & kept
    assert staying <= kept
    assert {path.stem for path in (workshop.out / ".artefacts" / "cut").rglob("*.json")} == {
        path.stem for path in (workshop.out / ".artefacts" / "cut").rglob("*.clip")
    }


def test_clips_of_others_are_kept_where_there_are_no_links(workshop):
    of_their_own(workshop.out / ".artefacts")
    third = [utterance for utterance in read_corpus(workshop.out).utterances() if utterance.recording == "third"]
    clips = {path.read_bytes() for utterance in third for path in (utterance.audio, utterance.video)}
    workshop.remove("--person", ADA)
    kept = {path.read_bytes() for path in (workshop.out / ".artefacts" / "cut").rglob("*.clip")}
    assert kept == clips


# Groups of cameras ----------------------------------------------------------------------------------------------------


def write_group(out, name, files):
    folder = write_recording(out, name, [("Bo", 0.0, 2.0)])
    stated = json.loads((folder / "source.json").read_text())
    prints = {f"/videos/{file}": f"sha256:{file.partition('.')[0]}" for file in files}
    stated |= {"fingerprint": f"sha256:all of {name}", "files": prints, "video": next(iter(prints))}
    (folder / "source.json").write_text(json.dumps(stated))


@pytest.fixture
def filmed(tmp_path):
    """Return a corpus of two groups that share a camera, and of two of its files alone."""
    out = tmp_path / "filmed"
    write_group(out, "debate", ["left.mp4", "right.mp4"])
    write_group(out, "again", ["left.mp4", "phone.mp4"])
    for name in ("left", "right"):
        write_recording(out, name, [("Bo", 0.0, 2.0)])
    return out


@pytest.mark.parametrize("wanted", ["right.mp4", "/videos/right.mp4", "right"])
def test_a_file_goes_with_every_group_that_it_is_in_and_the_other_files_stay(filmed, wanted):
    assert remove_video(filmed, wanted).stats.videos == 2
    assert sorted(recording.name for recording in read_corpus(filmed).recordings) == ["again", "left"]
    kept_out = KeptOut.of(filmed)
    kept_out.refuse_video(Path("/videos/left.mp4"), "sha256:left")
    with pytest.raises(OneVideoError, match="this file was removed from the corpus"):
        kept_out.refuse_video(Path("/elsewhere/other.mp4"), "sha256:right")


def test_a_group_that_is_named_goes_with_all_its_files(filmed):
    assert remove_video(filmed, "debate").stats.videos == 4
    assert read_corpus(filmed).recordings == ()


def test_a_name_that_several_files_have_is_not_guessed(filmed):
    write_group(filmed, "other", ["sub/left.mp4", "third.mp4"])
    with pytest.raises(UsageError, match=r"left\.mp4 is the name of several videos"):
        remove_video(filmed, "left.mp4")
    assert remove_video(filmed, "/videos/sub/left.mp4").stats.videos == 1
