"""Several who write into one output folder: processes, threads, other containers, and whoever sweeps."""

import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slceleb_core.batch.faults import fault_from
from slceleb_core.disk.atomic import PARTIAL, sweep, write_durably
from slceleb_core.disk.holds import HeldError, Hold, Holder
from slceleb_core.disk.output import EARLIER, OutputFolder, put_in_place, results_in, source_of
from slceleb_core.errors import OneVideoError, OutputError

WRITE = """
import sys
from pathlib import Path
from slceleb_core.disk.output import OutputFolder

results = OutputFolder(Path(sys.argv[1]), Path(sys.argv[2]))
(results.folder / "result.json").write_text("of " + sys.argv[2])
print(results.name, flush=True)
sys.stdin.readline()
print(results.publish(), flush=True)
"""


@pytest.fixture
def writer():
    """Return a function that starts a process that writes results, and publishes them when it is told to."""
    started = []

    def start(output_dir, video, *wrapped):
        command = [*wrapped, sys.executable, "-c", WRITE, output_dir, video]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        process.name = process.stdout.readline().strip()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def publishes(process):
    said, _ = process.communicate("go\n", timeout=60)
    return Path(said.strip())


def no_process_is_known(pid, signal):
    raise ProcessLookupError(errno.ESRCH, "No such process")


def test_what_somebody_writes_is_not_swept_whatever_process_ids_say_here(writer, tmp_path, monkeypatch):
    process = writer(tmp_path, "a/talk.mp4")
    monkeypatch.setattr(os, "kill", no_process_is_known)  # as in a container of its own
    sweep(tmp_path)
    monkeypatch.undo()
    assert (publishes(process) / "result.json").read_text() == "of a/talk.mp4"


def test_nor_is_what_another_container_writes(writer, tmp_path):
    container = ["unshare", "--pid", "--fork", "--kill-child"]
    if shutil.which("unshare") is None or subprocess.run([*container, "true"], capture_output=True).returncode:
        pytest.skip("this user may make no PID namespace")
    unknown_here = 'echo 3999990 > /proc/sys/kernel/ns_last_pid; "$@"; exit'
    process = writer(tmp_path, "a/talk.mp4", *container, "sh", "-c", unknown_here, "sh")
    sweep(tmp_path)
    assert (publishes(process) / "result.json").read_text() == "of a/talk.mp4"


def test_what_a_killed_process_left_is_swept(writer, tmp_path):
    process = writer(tmp_path, "talk.mp4")
    process.kill()
    process.wait()
    assert list((tmp_path / PARTIAL).iterdir())
    sweep(tmp_path)
    assert list((tmp_path / PARTIAL).iterdir()) == []


def test_what_could_not_be_discarded_is_swept_once_nobody_has_it_any_more(tmp_path, monkeypatch):
    output = OutputFolder(tmp_path / "out", tmp_path / "talk.mp4")

    def fall_over(*given):
        raise RuntimeError("fell over")

    with monkeypatch.context() as patched:
        patched.setattr("slceleb_core.disk.atomic._clear", fall_over)
        with pytest.raises(RuntimeError):
            output.discard()
    sweep(tmp_path / "out")
    assert list((tmp_path / "out" / PARTIAL).iterdir())  # it is still somebody's
    del output
    sweep(tmp_path / "out")
    assert not list((tmp_path / "out" / PARTIAL).iterdir())


def test_a_lock_that_is_a_link_is_refused(tmp_path):
    path = tmp_path / ".talk.lock"
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(OSError, match="a lock may not be a link"):
        Hold.take(path)


def test_that_its_process_id_is_this_ones_now_saves_nothing(tmp_path):
    """In a container every run is process 1."""
    (tmp_path / PARTIAL / f"{os.getpid()}-talk").mkdir(parents=True)
    sweep(tmp_path)
    assert list((tmp_path / PARTIAL).iterdir()) == []


def test_a_process_that_was_forked_neither_holds_nor_deletes_what_its_parent_writes(tmp_path):
    program = f"""
import os, time
from pathlib import Path
from slceleb_core.disk.output import OutputFolder

results = OutputFolder(Path({str(tmp_path)!r}), Path("talk.mp4"))
if os.fork() == 0:
    results.discard()
    print(results.folder.is_dir(), flush=True)
    time.sleep(60)
os.wait3(os.WNOHANG)
input()
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout.readline() == "True\n"
    parent.kill()
    parent.wait()
    sweep(tmp_path)
    assert list((tmp_path / PARTIAL).iterdir()) == []


def test_two_processes_never_publish_two_videos_under_one_name(writer, tmp_path):
    first, second = writer(tmp_path, "a/talk.mp4"), writer(tmp_path, "b/talk.mp4")
    folders = [publishes(first), publishes(second)]
    assert [(folder / "result.json").read_text() for folder in folders] == ["of a/talk.mp4", "of b/talk.mp4"]
    assert results_in(tmp_path) == sorted(folders)
    assert not (tmp_path / EARLIER).exists()
    assert list((tmp_path / PARTIAL).iterdir()) == []


def test_nor_do_threads_of_one(tmp_path):
    videos = [Path(folder) / "talk.mp4" for folder in "abcdefgh"]
    together = threading.Barrier(len(videos), timeout=30)

    def process(video):
        together.wait()
        results = OutputFolder(tmp_path, video)
        (results.folder / "result.json").write_text(str(video))
        together.wait()
        return results.publish()

    with ThreadPoolExecutor(len(videos)) as pool:
        folders = list(pool.map(process, videos))
    assert [(folder / "result.json").read_text() for folder in folders] == [str(video) for video in videos]
    assert results_in(tmp_path) == sorted(folders)
    assert not (tmp_path / EARLIER).exists()


@pytest.mark.parametrize("name", [None, "talk"])
def test_a_video_that_is_being_written_is_refused_in_one_line_that_says_by_whom(writer, tmp_path, name):
    process = writer(tmp_path, "a/talk.mp4")
    with pytest.raises(OutputError) as refused:
        OutputFolder(tmp_path, Path("a/talk.mp4"), name)
    assert f"process {process.pid} on " in refused.value.message
    assert str(tmp_path / "talk") in refused.value.message
    assert "\n" not in refused.value.message
    assert fault_from(refused.value).transient  # as of a worker that was killed a moment ago
    assert publishes(process) == tmp_path / "talk"
    OutputFolder(tmp_path, Path("a/talk.mp4"), name).publish()


def test_a_name_that_another_video_has_is_refused_before_it_is_computed(tmp_path):
    OutputFolder(tmp_path, Path("a/talk.mp4"), "talk").publish()
    with pytest.raises(OneVideoError, match="is no result of it"):
        OutputFolder(tmp_path, Path("b/talk.mp4"), "talk")
    assert source_of(tmp_path / "talk") == str(Path("a/talk.mp4").absolute())
    assert list((tmp_path / PARTIAL).iterdir()) == []


def test_a_video_keeps_the_name_that_it_had_to_take(tmp_path):
    OutputFolder(tmp_path, Path("a/talk.mp4")).publish()
    second = OutputFolder(tmp_path, Path("b/talk.mp4")).publish()
    shutil.rmtree(tmp_path / "talk")
    assert OutputFolder(tmp_path, Path("b/talk.mp4")).publish() == second


def test_a_driver_puts_nothing_in_place_of_what_another_writes_there(writer, tmp_path):
    made = OutputFolder(tmp_path / "slot", Path("b/talk.mp4")).publish()
    process = writer(tmp_path, "a/talk.mp4")
    with pytest.raises(OutputError, match=f"process {process.pid} "):
        put_in_place(made, tmp_path, "talk")
    publishes(process)
    with pytest.raises(OneVideoError, match="is no result of it"):
        put_in_place(made, tmp_path, "talk")
    assert put_in_place(made, tmp_path, "other") == tmp_path / "other"
    assert source_of(tmp_path / "other") == str(Path("b/talk.mp4").absolute())


@pytest.fixture
def lockless(monkeypatch):
    """Be on a file system that knows no locks."""

    def refuse(handle, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)


def gone():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.usefixtures("lockless")
def test_without_locks_a_process_that_is_known_to_be_gone_holds_nothing(tmp_path):
    holder = Holder.here()
    for other, held in [
        ({}, True),
        ({"pid": gone()}, False),
        ({"started": holder.started - 1}, False),
        ({"pid": gone(), "machine": "another boot or container"}, True),
        ({"pid": gone(), "machine": ""}, True),
    ]:
        (tmp_path / PARTIAL / "talk").mkdir(parents=True, exist_ok=True)
        facts = {name: getattr(holder, name) for name in Holder.__slots__} | other
        (tmp_path / PARTIAL / ".talk.lock").write_text(json.dumps(facts) + "\n")
        sweep(tmp_path)
        assert (tmp_path / PARTIAL / "talk").is_dir() == held, other


@pytest.mark.usefixtures("lockless")
def test_without_locks_whoever_is_refused_is_told_what_to_delete_if_the_other_is_gone(tmp_path):
    """As of a container that was killed: in the next one nobody can tell."""
    left = OutputFolder(tmp_path, Path("talk.mp4")).folder.with_name(".talk.lock")
    left.write_text(json.dumps({**json.loads(left.read_text()), "machine": "another container"}) + "\n")
    with pytest.raises(OutputError) as refused:
        OutputFolder(tmp_path, Path("talk.mp4"))
    assert f"delete {left}" in refused.value.hint
    left.unlink()
    assert OutputFolder(tmp_path, Path("talk.mp4")).publish() == tmp_path / "talk"


@pytest.mark.usefixtures("lockless")
def test_without_locks_two_writers_still_keep_apart(tmp_path):
    first, second = OutputFolder(tmp_path, Path("a/talk.mp4")), OutputFolder(tmp_path, Path("b/talk.mp4"))
    sweep(tmp_path)
    assert len({first.publish(), second.publish()}) == 2
    assert len(results_in(tmp_path)) == 2


@pytest.mark.usefixtures("lockless")
def test_without_locks_a_file_aside_is_swept_when_nobody_has_written_to_it_for_a_day(tmp_path):
    fresh, old = tmp_path / ".a.csv.0a1b2c3d.new", tmp_path / ".b.csv.0a1b2c3d.new"
    for file in (fresh, old):
        file.touch()
    os.utime(old, (0, 0))
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [fresh]


def test_whoever_sweeps_a_file_before_it_could_be_locked_costs_nothing(tmp_path, monkeypatch):
    make, swept = os.open, []

    def made(path, flags, *mode):
        handle = make(path, flags, *mode)
        if flags & os.O_EXCL and not swept:
            swept.append(path)
            sweep(tmp_path)
        return handle

    monkeypatch.setattr(os, "open", made)
    write_durably(tmp_path / "segments.csv", b"rows")
    assert swept
    assert not swept[0].exists()
    assert (tmp_path / "segments.csv").read_bytes() == b"rows"


def test_a_lock_that_has_just_been_taken_is_read_when_it_has_been_signed(tmp_path, monkeypatch):
    """Else the same video would be taken for another one, and written twice."""
    handle = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    threading.Timer(0.1, lambda: os.pwrite(handle, b'{"video": "talk.mp4"}\n', 0)).start()
    with pytest.raises(HeldError) as held:
        Hold.take(tmp_path / "lock")
    os.close(handle)
    assert held.value.facts == {"video": "talk.mp4"}
