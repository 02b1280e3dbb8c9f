import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from slceleb_core.disk.atomic import PARTIAL
from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.output import EARLIER, OutputFolder, earlier_results, prepare, results_in, set_aside
from slceleb_core.disk.refusals import writing
from slceleb_core.errors import OutputError


def write(output_dir, video, text="result"):
    folder = OutputFolder(output_dir, Path(video))
    (folder.folder / "result.json").write_text(text)
    return folder


def test_results_appear_only_when_they_are_whole(tmp_path):
    prepare(tmp_path)
    folder = write(tmp_path, "a/talk.mp4")
    assert results_in(tmp_path) == []
    assert folder.publish() == tmp_path / "talk"
    assert (tmp_path / "talk" / "result.json").read_text() == "result"
    assert results_in(tmp_path) == [tmp_path / "talk"]


def test_results_are_on_the_disk_before_they_appear(tmp_path, monkeypatch):
    """After a power cut a folder that is there must not hold empty files."""
    folder = write(tmp_path, "talk.mp4")
    (folder.folder / "clips").mkdir()
    (folder.folder / "clips" / "one.wav").write_bytes(b"sound")
    synced = {False: set(), True: set()}

    def sync(handle):
        path = Path(f"/proc/self/fd/{handle}").readlink()
        synced[(tmp_path / "talk").exists()].add(path.name)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("only /proc tells which file a handle is of")
    monkeypatch.setattr(os, "fsync", sync)
    folder.publish()
    assert synced[False] >= {"result.json", "source.json", "one.wav", "clips", "talk"}
    assert synced[True] == {tmp_path.name, PARTIAL}


def test_what_does_not_reach_the_disk_does_not_appear(tmp_path, monkeypatch):
    write(tmp_path, "talk.mp4", "earlier").publish()
    folder = write(tmp_path, "talk.mp4", "later")

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        folder.publish()
    assert (tmp_path / "talk" / "result.json").read_text() == "earlier"


def test_discarding_leaves_nothing(tmp_path):
    prepare(tmp_path)
    write(tmp_path, "talk.mp4").discard()
    assert list((tmp_path / PARTIAL).iterdir()) == []


def test_videos_of_one_stem_get_folders_of_their_own_and_keep_them(tmp_path):
    first = write(tmp_path, "a/talk.mp4").publish()
    second = write(tmp_path, "b/talk.mp4").publish()
    assert first.name == "talk"
    assert second.name.startswith("talk-")
    assert write(tmp_path, "b/talk.mp4").publish() == second
    assert write(tmp_path, "a/talk.mp4").publish() == first


def test_earlier_results_are_kept_aside_never_deleted(tmp_path):
    for text in ("one", "two", "three"):
        write(tmp_path, "talk.mp4", text).publish()
    assert (tmp_path / "talk" / "result.json").read_text() == "three"
    kept = [(tmp_path / EARLIER / name / "result.json").read_text() for name in ("talk.1", "talk.2")]
    assert kept == ["one", "two"]


def test_numbers_of_earlier_results_tell_their_order_whatever_was_deleted(tmp_path):
    for number in range(12):
        write(tmp_path, "talk.mp4", str(number)).publish()
    shutil.rmtree(tmp_path / EARLIER / "talk.1")
    write(tmp_path, "talk.mp4", "last").publish()
    (tmp_path / EARLIER / "talk.old").mkdir()
    (numbered,) = earlier_results(tmp_path).items()
    assert numbered == ("talk", [tmp_path / EARLIER / f"talk.{number}" for number in range(2, 13)])


def test_results_can_be_set_aside_before_there_is_something_in_their_place(tmp_path):
    prepare(tmp_path)
    set_aside(tmp_path, "talk")
    assert not (tmp_path / EARLIER).exists()
    write(tmp_path, "talk.mp4", "first").publish()
    set_aside(tmp_path, "talk")
    assert results_in(tmp_path) == []
    assert (tmp_path / EARLIER / "talk.1" / "result.json").read_text() == "first"


def test_a_folder_that_is_not_ours_is_left_alone(tmp_path):
    (tmp_path / "talk").mkdir()
    (tmp_path / "talk" / "thesis.txt").write_text("mine")
    assert write(tmp_path, "talk.mp4").publish().name != "talk"
    assert (tmp_path / "talk" / "thesis.txt").read_text() == "mine"


def test_an_output_folder_that_is_a_file_is_one_clear_line(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="cannot write to the output folder"):
        prepare(tmp_path / "out")


def test_a_full_disk_is_the_users_to_mend():
    with pytest.raises(OutputError, match="No space left on device") as caught, writing("clips"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert "earlier results are untouched" in caught.value.hint


def test_other_faults_keep_their_kind():
    with pytest.raises(IsADirectoryError), writing("clips"):
        raise OSError(errno.EISDIR, "fault of the program")


@pytest.mark.parametrize("name", ["Ada Lovelace", "محمد", "周杰倫", "O'Neill", "a.b", "<3"])
def test_names_become_one_visible_component(name):
    made = safe_name(name)
    assert Path(made).name == made
    assert not made.startswith(".")


@pytest.mark.parametrize(
    "name", ["../../etc", "..", ".", "", "a/b", "a\\b", "\x00", "-" * 400, "😀" * 100, "a\nb", " ", "\udcff"]
)
def test_hostile_names_are_changed_and_stay_apart(name):
    made = safe_name(name)
    assert made not in ("", ".", "..")
    assert not set(made) & set("/\\\x00\n")
    assert len(made.encode()) < 200
    assert made != safe_name(name + "x")


@pytest.mark.parametrize("name", ["CON", "nul", "Lpt1", "aux.old", "COM9 .x"])
def test_no_name_is_a_device_on_windows(name):
    assert safe_name(name).startswith(f"_{name}-")


def test_plain_names_are_kept():
    assert safe_name("Conan") == "Conan"
    assert safe_name("Lin-Manuel Miranda") == "Lin-Manuel Miranda"


def test_source_says_of_which_video(tmp_path):
    folder = write(tmp_path, "talk.mp4").publish()
    assert json.loads((folder / "source.json").read_text())["video"] == str(Path("talk.mp4").absolute())
