"""What a kill or a power cut leaves, at every step of whatever is written."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from slceleb_core.disk import atomic
from slceleb_core.disk.atomic import PARTIAL, replacing_file, sweep, whole_file, write_durably
from slceleb_core.disk.output import EARLIER, OutputFolder, results_in

OLD, NEW = {"result.json": "earlier"}, {"result.json": "later", "clips/one.wav": "later"}


def publish(output_dir, text="earlier", video="talk.mp4"):
    results = OutputFolder(output_dir, Path(video))
    (results.folder / "result.json").write_text(text)
    return results.publish()


def content(folder):
    """Return what a folder holds, without what is stated of it."""
    files = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    return {name: text for name, text in files.items() if name != "source.json"}


def everything(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def killed(what, base, least):
    """Return what is left of a folder by a process that was killed before each of its steps, in order."""
    program = [sys.executable, Path(__file__).with_name("crash.py"), what, base]
    done = subprocess.run(program, check=True, capture_output=True, text=True)
    steps = int(done.stdout)
    assert steps > least
    return [base.with_name(f"{base.name}-{number}") for number in range(1, steps + 1)]


def earlier_in(folder):
    return [content(path) for path in sorted((folder / EARLIER).iterdir())] if (folder / EARLIER).is_dir() else []


@pytest.mark.parametrize("what", ["publish", "publish_without_exchange"])
def test_a_kill_while_results_are_replaced_leaves_some_and_loses_none(tmp_path, what):
    base = tmp_path / "out"
    publish(base)
    left = killed(what, base, least=20)
    there_at_once = [(folder / "talk").is_dir() for folder in left]
    assert all(there_at_once) or what == "publish_without_exchange"
    for folder in left:
        sweep(folder)
        found = content(folder / "talk")
        assert found in (OLD, NEW)
        assert earlier_in(folder) == ([] if found == OLD else [OLD])
        assert list((folder / PARTIAL).iterdir()) == []
        assert results_in(folder) == [folder / "talk"]
    assert content(left[-1] / "talk") == NEW


def test_whoever_finishes_what_another_was_killed_at_may_be_killed_as_well(tmp_path):
    publish(tmp_path / "out")
    between = [
        left for left in killed("publish_without_exchange", tmp_path / "out", 20) if not (left / "talk").exists()
    ]
    assert between
    for folder in killed("sweep", between[0], least=3):
        sweep(folder)
        assert content(folder / "talk") == NEW
        assert earlier_in(folder) == [OLD]
        assert list((folder / PARTIAL).iterdir()) == []


def test_the_next_writer_of_a_video_finishes_it_as_well(tmp_path):
    publish(tmp_path / "out")
    between = [
        left for left in killed("publish_without_exchange", tmp_path / "out", 20) if not (left / "talk").exists()
    ]
    results = OutputFolder(between[0], Path("talk.mp4"))
    assert content(between[0] / "talk") == NEW
    assert list(results.folder.iterdir()) == [results.folder / "source.json"]


def test_it_is_finished_also_where_the_folder_above_is_gone(tmp_path):
    aside = tmp_path / PARTIAL / "rttm.0a1b2c3d"
    aside.mkdir(parents=True)
    (aside / "corpus.rttm").write_text("later")
    facts = {"target": "manifests/rttm", "shelf": "", "inode": aside.stat().st_ino}
    aside.with_name(f".{aside.name}.lock").write_text(json.dumps(facts) + "\n")
    sweep(tmp_path)
    assert (tmp_path / "manifests" / "rttm" / "corpus.rttm").read_text() == "later"
    assert list((tmp_path / PARTIAL).iterdir()) == []


def test_an_error_between_the_two_steps_puts_back_what_was_there(tmp_path, monkeypatch):
    publish(tmp_path)
    results = OutputFolder(tmp_path, Path("talk.mp4"))
    rename = Path.rename

    def interrupted(path, target):
        if path == results.folder:
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(atomic, "_exchanged", lambda _one, _other: False)
    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        results.publish()
    results.discard()
    assert content(tmp_path / "talk") == OLD
    assert earlier_in(tmp_path) == []
    assert list((tmp_path / PARTIAL).iterdir()) == []


def test_an_interruption_behind_the_exchange_deletes_no_earlier_results(tmp_path, monkeypatch):
    publish(tmp_path)
    results = OutputFolder(tmp_path, Path("talk.mp4"))
    exchanged = atomic._exchanged

    def interrupted(one, other):
        exchanged(one, other)
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic, "_exchanged", interrupted)
    with pytest.raises(KeyboardInterrupt):
        results.publish()
    results.discard()
    assert earlier_in(tmp_path) == [OLD]
    assert list((tmp_path / PARTIAL).iterdir()) == []


def test_a_kill_while_a_folder_is_replaced_leaves_one(tmp_path):
    base = tmp_path / "out"
    (base / "splits" / "lists").mkdir(parents=True)
    (base / "splits" / "lists" / "train.lst").write_text("earlier")
    for folder in killed("replace_folder", base, least=10):
        assert (folder / "splits" / "lists" / "train.lst").read_text() in ("earlier", "later")
        sweep(folder)
        assert everything(folder) <= {"splits", "splits/lists", "splits/lists/train.lst", PARTIAL}


def test_a_kill_while_a_file_is_replaced_leaves_one(tmp_path):
    base = tmp_path / "out"
    base.mkdir()
    (base / "segments.csv").write_text("earlier")
    for folder in killed("write", base, least=4):
        assert (folder / "segments.csv").read_text() in ("earlier", "later")
        sweep(folder)
        assert everything(folder) == {"segments.csv"}


@pytest.mark.parametrize("name", [".a.csv.77", ".a.csv.new", ".a.mp4.77.part", ".a.csv.0a1b2c3d.new"])
def test_a_file_that_a_killed_process_left_aside_is_swept(tmp_path, name):
    (tmp_path / name).write_text("half")
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_being_written_is_not_swept(tmp_path):
    with replacing_file(tmp_path / "segments.csv") as aside:
        aside.write_text("rows")
        sweep(tmp_path)
    assert (tmp_path / "segments.csv").read_text() == "rows"


def test_replacing_a_file_is_all_or_nothing(tmp_path):
    target = tmp_path / "segments.csv"
    target.write_text("old")

    def fail_half_way():
        with replacing_file(target) as aside:
            aside.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        fail_half_way()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


class Disk:
    """Writes down what is had on the disk, and what is renamed, in order: ``fsync NAME``, ``NAME -> NAME``."""

    def __init__(self, root, monkeypatch):
        self.root, self.calls = root, []
        fsync, exchanged = os.fsync, atomic._exchanged

        def synced(handle):
            self.calls.append(f"fsync {self.name(Path(f'/proc/self/fd/{handle}').readlink())}")
            fsync(handle)

        def both(one, other):
            self.calls.append(f"{self.name(one)} <-> {self.name(other)}")
            return exchanged(one, other)

        monkeypatch.setattr(os, "fsync", synced)
        monkeypatch.setattr(atomic, "_exchanged", both)
        for verb in ("rename", "replace"):
            monkeypatch.setattr(Path, verb, self.moving(getattr(Path, verb)))

    def moving(self, verb):
        def moved(path, target):
            self.calls.append(f"{self.name(path)} -> {self.name(target)}")
            return verb(path, target)

        return moved

    def name(self, path):
        return os.path.relpath(path, self.root)

    def before(self, call):
        return set(self.calls[: self.calls.index(call)])

    def after(self, call):
        return set(self.calls[self.calls.index(call) + 1 :])


@pytest.fixture
def disk(tmp_path, monkeypatch):
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("only /proc tells which file a handle is of")
    return Disk(tmp_path, monkeypatch)


ASIDE = f"{PARTIAL}/talk"
WHOLE = {f"fsync {ASIDE}/{name}" for name in ("result.json", "source.json")} | {f"fsync {ASIDE}"}


def test_results_are_on_the_disk_before_they_have_their_name_and_their_name_before_they_are_done(tmp_path, disk):
    publish(tmp_path)
    appear = f"{ASIDE} -> talk"
    assert disk.before(appear) >= WHOLE
    assert disk.after(appear) >= {"fsync .", f"fsync {PARTIAL}"}


def test_clips_are_had_on_the_disk_once_with_the_folder_that_they_are_cut_into(tmp_path, disk):
    results = OutputFolder(tmp_path, Path("talk.mp4"))
    (results.folder / "clips").mkdir()
    for name in ("one.wav", "two.wav"):
        with whole_file(results.folder / "clips" / name) as aside:
            aside.write_text("sound")
    assert not any(call.startswith(f"fsync {ASIDE}") for call in disk.calls)
    results.publish()
    synced = [call for call in disk.calls if call.startswith("fsync ")]
    clips = {f"fsync {ASIDE}/clips", *(f"fsync {ASIDE}/clips/{name}" for name in ("one.wav", "two.wav"))}
    assert disk.before(f"{ASIDE} -> talk") >= clips
    assert len(synced) == len({*synced}) + 1  # the output folder twice: when .partial is made, and when it is there


def test_so_are_those_that_replace_others_and_what_they_replace(tmp_path, disk):
    publish(tmp_path)
    disk.calls.clear()
    publish(tmp_path, "later")
    appear, kept = f"{ASIDE} <-> talk", f"{ASIDE} -> {EARLIER}/talk.1"
    assert disk.before(appear) >= {*WHOLE, f"fsync {PARTIAL}/.talk.lock"}
    assert disk.after(appear) >= {kept, "fsync ."}
    assert disk.after(kept) >= {f"fsync {EARLIER}", f"fsync {PARTIAL}", "fsync ."}


def test_an_output_folder_that_is_new_is_on_the_disk_with_its_parents(tmp_path, disk):
    publish(tmp_path / "night" / "out")
    assert {"fsync .", "fsync night"} <= disk.before(f"night/out/{ASIDE} -> night/out/talk")


def test_a_file_is_on_the_disk_before_it_replaces_another_and_its_folder_afterwards(tmp_path, disk):
    write_durably(tmp_path / "batch_checkpoint.json", b"{}")
    (replaced,) = [call for call in disk.calls if call.endswith("-> batch_checkpoint.json")]
    assert disk.before(replaced) == {f"fsync {replaced.split()[0]}"}
    assert disk.after(replaced) == {"fsync ."}


def test_a_disk_that_fails_at_the_end_is_not_taken_for_done(tmp_path, monkeypatch):
    def fails(handle):
        raise OSError(5, "Input/output error")

    (tmp_path / "segments.csv").write_text("old")
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output error"), replacing_file(tmp_path / "segments.csv"):
        pass
    assert (tmp_path / "segments.csv").read_text() == "old"


def test_results_that_nobody_may_write_to_are_published(tmp_path):
    results = OutputFolder(tmp_path, Path("talk.mp4"))
    (results.folder / "clip.wav").write_text("sound")
    (results.folder / "clip.wav").chmod(0o444)
    os.mkfifo(results.folder / "pipe")
    (results.folder / "gone").symlink_to("nowhere")
    assert (results.publish() / "clip.wav").read_text() == "sound"
    shutil.rmtree(tmp_path / "talk")
