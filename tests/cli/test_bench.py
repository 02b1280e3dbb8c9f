"""``slceleb bench``, on a stand-in for the program that is measured: it writes down how it is called, and results."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from slceleb_core.benchmarking import bench
from slceleb_core.media import probe

STAND_IN = """#!{python}
import json, os, pathlib, signal, sys, time
words = sys.argv[1:]
if words[1] != "slceleb_core":
    os.execv({python!r}, [{python!r}, *words])
def option(name):
    return words[words.index(name) + 1] if name in words else None
profile, frames = option("--profile"), int(option("--max-frames") or 75)
with open({calls!r}, "a") as calls:
    print(json.dumps([profile, frames, words[3], option("--set"), option("--poi-dir")]), file=calls)
if profile == "broken":
    print("note: of no matter"), print("error: model left.onnx is missing"), print("hint: fetch it")
    sys.exit(2)
if profile == "seed-2025" and option("--set") != "embed.options.model=sface":
    print("error: there is no w600k_mbf.onnx")
    sys.exit(2)
if profile == "crashing" and frames > 1:
    os.kill(os.getpid(), signal.SIGSEGV)
if profile == "hanging" and frames > 1:
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(60)
time.sleep(2.0 if frames > 1 and profile == "mine" else 0)
shift = 0.5 if profile == "other" else 0.0
segments = [{{"person": "Red <i>", "start": 0.5 + shift, "end": 2.0 + shift, "id": "x"}}]
statistics = {{"frames": frames, "video_seconds": frames / 25, "faces": frames, "tracks": 1,
    "stage_seconds": {{"decode": 0.1, "detect": 0.4}}, "wall_seconds": 0.01}}
cache = {{"lookups": 10, "hits": 7, "hit_rate": 0.7}}
folder = pathlib.Path(option("--output-dir")) / "video"
folder.mkdir(parents=True)
result = {{"statistics": statistics, "segments": segments, "stages": {{"recognizer": {{"cache": cache}}}}}}
(folder / "result.json").write_text(json.dumps(result))
"""


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """Put the stand-in in the program's place; return a function that says how it was called."""
    log, program, temporary = tmp_path / "calls.txt", tmp_path / "python", tmp_path / "temporary"
    program.write_text(STAND_IN.format(python=sys.executable, calls=str(log)))
    program.chmod(0o755)
    temporary.mkdir()
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return lambda: [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def left_behind():
    return list(Path(tempfile.gettempdir()).iterdir())


def test_profiles_take_turns_and_all_that_was_measured_is_written(slceleb, calls, talking, photos, tmp_path):
    made, html = tmp_path / "made.json", tmp_path / "made.html"
    said = slceleb(
        *("bench", talking, "-p", "mine", "-p", "other", "--set", "a.b=1", "--poi-dir", photos),
        *("--repeat", 2, "--json", made, "--html", html),
    )
    assert said.code == 0, said.err
    # First a start-up each; the yardstick tries without its substitute before it takes it.
    assert [call[0] for call in calls()] == ["mine", "other", "seed-2025", "seed-2025"] + 2 * [
        "mine",
        "other",
        "seed-2025",
    ]
    assert [call[1] for call in calls()] == [1] * 4 + [75] * 6
    assert {call[4] for call in calls()} == {str(photos)}
    assert left_behind() == []
    report = json.loads(made.read_text())
    assert report["format"] == 1
    assert [row["candidate"] for row in report["figures"]] == ["mine", "other", "seed-2025", "decode only"]
    assert [row["candidate"] for row in report["measurements"]] == 2 * ["mine", "other", "seed-2025", "decode only"]
    first, other, seed, decoding = report["figures"]
    assert first["speed"] in (None, {"median": 1.0, "low": 1.0, "high": 1.0})
    assert first["findings"]["persons"] == {"Red <i>": 1.5}
    assert first["rate_started"]["median"] > first["rate"]["median"]
    assert first["thrift"] is None  # nothing is left without the start
    assert other["differing"]["gained"] == [{"person": "Red <i>", "start": 1.0, "end": 2.5}]
    assert not seed["differing"]["lost"]
    assert decoding["findings"]["frames"] == 75
    assert "without Red <i> 0.50-2.00 s; with Red <i> 1.00-2.50 s" in said.out
    assert "70.0 %" in said.out
    assert "with embed.options.model=sface, for there is no w600k_mbf.onnx" in said.out
    page = html.read_text()
    assert "Red &lt;i&gt;" in page
    assert "<i>" not in page.replace('<i class="key', "")
    assert "detect" in page


def test_a_profile_that_cannot_run_is_named_and_the_others_go_on(slceleb, calls, talking):
    said = slceleb("bench", talking, "-p", "mine", "-p", "broken", "-p", "crashing", "--repeat", 2, "--no-yardsticks")
    assert said.code == 0
    assert "model left.onnx is missing" in said.out
    assert "it was ended by signal 11" in said.out
    assert [call[0] for call in calls()] == ["mine", "broken", "crashing", *2 * ["mine", "crashing"]]
    assert slceleb("bench", talking, "-p", "broken", "--no-yardsticks").code == 1


def test_a_part_of_a_video_is_measured_by_its_frames(slceleb, calls, talking):
    assert slceleb("bench", talking, "--seconds", 0.6, "--repeat", 1, "--no-yardsticks").code == 0
    assert calls()[-1][:2] == ["default", 15]


def test_another_installation_is_measured_in_the_same_rounds(slceleb, calls, talking, tmp_path):
    python = tmp_path / "before"
    shutil.copy(sys.executable, python)
    said = slceleb("bench", talking, "--against", python, "--repeat", 1, "--no-yardsticks")
    assert said.code == 0
    assert f"default @ {python}" in said.out
    assert len(calls()) == 4


def test_memory_is_watched_over_a_looped_video(slceleb, calls, talking, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "MEMORY_SAMPLES", 0.005)
    lengths = []
    monkeypatch.setattr(bench, "loop", looping(lengths))
    made, html = tmp_path / "made.json", tmp_path / "made.html"
    said = slceleb("bench", talking, "--memory", "--loop", 16, "--json", made, "--html", html)
    assert said.code == 0, said.err
    assert lengths == [pytest.approx(18.0, abs=0.2)]
    (first, seed) = json.loads(made.read_text())["memory"]
    assert (first["candidate"], seed["candidate"]) == ("default", "seed-2025")
    assert first["peak"] > 1e6
    assert first["trend"]["flat"] in (True, False, None)  # over too soon to say, where the machine is quick
    assert "Memory over time" in html.read_text()
    assert left_behind() == []


def looping(lengths):
    real = bench.loop

    def looped(source, target, seconds):
        real(source, target, seconds)
        lengths.append(probe(target).duration)

    return looped


def test_an_interrupt_leaves_nothing(slceleb, calls, talking):
    said = slceleb("bench", talking, "-p", "hanging", "--no-yardsticks")
    assert said.code == 130
    assert said.err.endswith("error: interrupted\n")
    assert left_behind() == []
    assert len(calls()) == 2
    running = [child.cmdline() for child in psutil.Process().children(recursive=True)]
    assert not [words for words in running if "slceleb_core" in words]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--no-yardsticks"], "error: there is no video to measure on"),
        (["no.mp4"], "error: no.mp4: no such file"),
        (["VIDEO", "-p", "a", "-p", "a"], "error: a is to be measured twice"),
        (["VIDEO", "--against", "."], "error: --against .: neither an interpreter nor a folder with src/slceleb_core"),
        (["VIDEO", "--json", "no/such.json"], "error: cannot write no/such.json: no such folder, or it is read-only"),
        (["VIDEO", "--html", "."], "error: cannot write .: it is a folder"),
        (["VIDEO", "--poi-dir", "nowhere"], "error: no such folder of photos: nowhere"),
        (["compare", "no.json", "no.json"], "error: cannot read no.json: No such file or directory"),
        (["compare", "odd.json", "odd.json"], "error: odd.json: not the JSON of a benchmark"),
        (["compare", "new.json", "new.json"], "error: new.json: format 99; this version reads 1"),
        (["compare", "hurt.json", "hurt.json"], "error: a benchmark is damaged: "),
        (["compare", "empty.json", "empty.json"], "error: the two benchmarks have no candidate on the same video"),
    ],
)
def test_what_cannot_be_is_said_in_a_line_before_any_work(slceleb, calls, talking, tmp_path, monkeypatch, words, line):
    monkeypatch.chdir(tmp_path)
    Path("odd.json").write_text("[1]")
    blank = {"candidates": [], "machine": {"versions": {}}, "figures": []}
    Path("new.json").write_text(json.dumps({**blank, "format": 99}))
    Path("hurt.json").write_text(json.dumps({**blank, "format": 1, "figures": [{"video": "a", "candidate": "b"}]}))
    Path("empty.json").write_text(json.dumps({**blank, "format": 1}))
    said = slceleb("bench", *(str(talking) if word == "VIDEO" else word for word in words))
    assert said.code == 2
    assert said.err.startswith(line), said.err
    assert "Traceback" not in said.err
    assert calls() == []


def test_two_benchmarks_are_compared(slceleb, calls, talking, tmp_path):
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    slceleb("bench", talking, "-p", "mine", "-p", "third", "--repeat", 1, "--json", before)
    slceleb("bench", talking, "-p", "mine", "--repeat", 1, "--json", after)
    made = json.loads(after.read_text())
    made["figures"][0]["findings"]["segments"] = []
    made["figures"][0]["peak"]["median"] = 2 * json.loads(before.read_text())["figures"][0]["peak"]["median"]
    made["machine"]["versions"]["av"] = "0.0"
    after.write_text(json.dumps(made))
    compared = json.loads(slceleb("bench", "compare", before, after, "--json").out)
    assert [pair["candidate"] for pair in compared["pairs"]] == ["mine", "seed-2025", "decode only"]
    assert compared["pairs"][0]["peak"] == 2.0
    assert compared["pairs"][0]["differing"]["seconds"] == {"Red <i>": -1.5}
    assert compared["only_first"] == [["talking.mkv", "third"]]
    assert [change[0] for change in compared["changed"]] == ["av"]
    said = slceleb("bench", "compare", before, after)
    assert "without Red <i> 0.50-2.00 s" in said.out
    assert "third" in said.out


def test_the_program_itself_can_be_measured(tmp_path, fakes, talking, photos):
    """As a user would: every process the real one, the stages those of a plugin that is installed."""
    site = tmp_path / "site"
    facts = site / "slceleb_fakes-1.0.dist-info"
    facts.mkdir(parents=True)
    (site / "slceleb_fakes.py").write_text("from slceleb_core.testing import FakePlugin\n\nplugin = FakePlugin()\n")
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: slceleb-fakes\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[slceleb]\nfakes = slceleb_fakes:plugin\n")
    paths = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "slceleb_core", "bench", talking, "-p", fakes, "--poi-dir", photos]
    command += ["--repeat", "1", "--no-yardsticks", "--json", tmp_path / "made.json"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths})
    assert done.returncode == 0, done.stderr
    (row,) = json.loads((tmp_path / "made.json").read_text())["figures"]
    assert list(row["findings"]["persons"]) == ["Red"]
    assert row["findings"]["stage_seconds"]
