"""What a run says before it begins, and a dry run of what is not there."""

import json

import pytest


@pytest.fixture
def run(slceleb, fakes, tmp_path):
    """Return a function that runs videos with the fakes."""
    return lambda *arguments: slceleb("run", "--profile", fakes, "--output-dir", tmp_path / "out", *arguments)


def test_a_rerun_without_photos_says_that_it_replaces_names(run, talking, photos, tmp_path):
    warning = "warning: the results of 1 video were made with photos; without --poi-dir this run replaces them"
    assert "replaces" not in run(talking, "--poi-dir", photos).err
    assert warning in run(talking, "--dry-run").err
    assert "replaces" not in run(talking, "--dry-run", "--poi-dir", photos).err
    said = run(talking, "--json")
    assert warning in said.err
    assert str(tmp_path / "out" / ".earlier") in said.err
    assert "replaces" not in run(talking).err, "the names are gone: there is nothing to warn of"


def test_a_dry_run_says_what_is_missing(run, talking, tmp_path):
    (tmp_path / "list.txt").write_text(f"{talking}\nhttps://example.org//talk.mp4\n{tmp_path}\nnothing.mp4\n")
    said = run("--video-list", tmp_path / "list.txt", "--dry-run")
    assert said.code == 1
    assert f"{tmp_path}/list.txt:2: https://example.org//talk.mp4: an address, not a file" in said.out
    assert f"{tmp_path}/list.txt:4: nothing.mp4: no such file" in said.out
    assert "done now: 1; missing: 2; unreadable: 1; nothing was done" in said.out
    found = json.loads(run("--video-list", tmp_path / "list.txt", "--dry-run", "--json").out)
    assert [video["status"] for video in found["videos"]] == ["pending", "missing", "unreadable", "missing"]


def test_what_is_missing_fails_by_itself_with_the_line_of_the_list(run, talking, tmp_path):
    (tmp_path / "list.txt").write_text(f"C:\\Users\\me\\a.mp4\n{talking}\n")
    said = run("--video-list", tmp_path / "list.txt")
    fault = f"{tmp_path}/list.txt:1: C:\\Users\\me\\a.mp4: a Windows path, and this machine has none"
    assert said.code == 1
    assert said.err.startswith(f"warning: 1 of 2 videos cannot be found; the first: {fault}\n")
    assert (tmp_path / "out" / "talking" / "result.json").exists()
    assert fault in (tmp_path / "out" / "failures.csv").read_text()


def test_addresses_and_quotes_on_the_command_line_are_read_as_in_lists(run, talking):
    assert run(f'"{talking}"', "--dry-run").code == 0
    assert run(f"file://{talking}", "--dry-run").code == 0
    said = run("https://example.org/talk.mp4", "--dry-run")
    assert said.code == 1
    assert "https://example.org/talk.mp4: an address, not a file: download it first" in said.out


def test_a_file_that_has_come_by_the_time_of_its_turn_is_taken(run, talking, tmp_path):
    assert run(tmp_path / "late.mkv").code == 1
    (tmp_path / "late.mkv").write_bytes(talking.read_bytes())
    assert run(tmp_path / "late.mkv").code == 0


def test_folders_and_lists_may_stand_in_quotes_too(run, talking, tmp_path):
    (tmp_path / "my list.txt").write_text(f"{talking}\n")
    assert run("--video-list", f'"{tmp_path}/my list.txt"', "--dry-run").code == 0
    assert run("--video-dir", f"file://{talking.parent}", "--dry-run").code == 0


def test_photos_are_found_though_their_accents_are_written_in_another_way(run, talking, photos, tmp_path):
    photos.rename(tmp_path / "Ren\u00e9e")
    assert run(talking, "--poi-dir", tmp_path / "Rene\u0301e", "--dry-run").code == 0
