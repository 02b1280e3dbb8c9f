"""One bad video never stops a batch: an error is injected at every call between a video's file and its results.

Which calls there are is not written down here: one video is gone through while the interpreter tells of each function
of the core that is entered, and of each of PyAV's, and every one of them fails once, on a video of its own. So a step
that is added is tried as well.
"""

import csv
import errno
import functools
import sys
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import av
import numpy as np
import pytest

import slceleb_core
from slceleb_core.batch.checkpoint import FAILURES
from slceleb_core.batch.journal import JOURNAL, Journal
from slceleb_core.batch.worker import Worker
from slceleb_core.errors import VideoError
from slceleb_core.testing import RED, Person, SyntheticTalker, write_video

CORE = str(Path(slceleb_core.__file__).parent)

LIBAV = {
    "invalid data": lambda: av.error.InvalidDataError(av.error.tag_to_code(b"INDA"), "Invalid data found"),
    "EINVAL of libav": lambda: av.error.ArgumentError(errno.EINVAL, "Invalid argument"),
    "EIO of libav": lambda: av.error.OSError(errno.EIO, "Input/output error"),
}
"""What calls of PyAV raise of damaged files."""

KINDS = {
    **LIBAV,
    "EIO": lambda: OSError(errno.EIO, "Input/output error"),
    "end of file": lambda: EOFError("no more"),
    "value": lambda: ValueError("of no use"),
    "key": lambda: KeyError(0),
    "memory": lambda: MemoryError("no more of it"),
    "runtime": lambda: RuntimeError("fell over"),
    "numpy": lambda: np.linalg.LinAlgError("singular matrix"),
    "assertion": lambda: AssertionError("never so"),
    "recursion": lambda: RecursionError("maximum recursion depth exceeded"),
    "video": lambda: VideoError("broken", "get it again"),
}

PASSING = {"EIO", "memory"}
"""What may be over the next time, and is tried again unasked."""

BORNE = ("VideoStream.decode", "AudioStream.decode", "InputContainer.demux", "InputContainer.seek")
"""Calls of PyAV after whose failure reading goes on: what is broken is left out."""

SURVEYING = ("media/survey.py", "media/epochs.py")
"""Modules that go through the packets as :data:`BORNE` does, so that what libav says of one is not the end."""

PEEKING = ("media/ebml.py", "media/protection.py")
"""Modules that look into the head of a file, beside libav: what a disk refuses there is met where the file is read."""

OF_DISKS = {"EIO", "EIO of libav"}
"""Errors of the system, whoever passes them on."""

MAKING = ("__init__", "__post_init__", "__len__", "__getitem__")
"""Functions that make a value or look at it, as a part of the function that does so."""

DRAWING = ("canvas", "drawing", "layout", "lettering", "measures", "panel", "scale", "seen", "verdicts")
"""Modules of ``sinks/annotated`` that only compute and draw: many calls, all of them behind one, that of ``paint``."""

PROFILE = """
detect: {use: fake}
embed: {use: fake}
speaker: {use: fake}
sinks: [{use: json}, {use: clips}, {use: annotated}, {use: report}, {use: table}]
"""


ARITHMETIC = tuple(
    f"{name}.py"
    for name in (
        *(f"decision/{module}" for module in ("candidates", "gates", "identity", "judge", "segmenting", "spans")),
        *(f"perception/{module}" for module in ("alignment", "scoring", "steps", "tracking")),
        *("artefacts/keys", "artefacts/provenance", "geometry", "media/speech", "results", "run/_statistics"),
        *("sinks/json_files", "sinks/table", "types"),
    )
)
"""Modules whose functions without a public name compute what a function with one is asked for, and catch nothing."""


def is_arithmetic(call):
    """Tell whether a call is a part of another one of the same module, which is tried itself."""
    return call.startswith((*ARITHMETIC, *SURVEYING)) and call.rpartition(":")[2].startswith("_")


@functools.cache
def core_call(code):
    """Return what a function of the core is called here; None for any other, and for parts of one that is tried."""
    if not code.co_filename.startswith(CORE) or code.co_name.startswith(("<", *MAKING)):
        return None
    return f"{code.co_filename[len(CORE) + 1 :]}:{code.co_firstlineno}:{code.co_name}"


def library_call(function):
    """Return what a function of PyAV is called here; None for any other."""
    owner = getattr(function, "__module__", None) or type(getattr(function, "__self__", None)).__module__
    return f"{owner}:{function.__qualname__}" if str(owner).startswith("av.") else None


def call_of(frame, event, argument):
    """Return which call the interpreter tells of; None for one that is neither the core's nor PyAV's."""
    if event == "call":
        return core_call(frame.f_code)
    return library_call(argument) if event == "c_call" else None


@dataclass
class Saboteur:
    """Has calls fail while a video is processed, and notes the calls of the others.

    Attributes
    ----------
    faults
        By the name of a video: which call is to fail, and what it raises. It fails each time it is come to first.
    seen
        Calls of the last video that was to go well.
    """

    faults: dict = field(default_factory=dict)
    seen: dict = field(default_factory=dict)

    def watching(self, name):
        """Return what is to be told of every call of a video."""
        return self._failing(*self.faults[name]) if name in self.faults else self._noting()

    def _failing(self, victim, error):
        def told(frame, event, argument):
            if call_of(frame, event, argument) == victim:
                sys.setprofile(None)
                raise error()

        return told

    def _noting(self):
        seen = {}
        self.seen = seen

        def told(frame, event, argument):
            seen.setdefault(call_of(frame, event, argument))

        return told

    def calls(self):
        """Return the calls that may fail."""
        outside = core_call(Worker.process.__wrapped__.__code__)
        drawing = tuple(f"sinks/annotated/{name}.py" for name in DRAWING)
        calls = [call for call in self.seen if call not in (None, outside) and not is_arithmetic(call)]
        return [call for call in calls if not call.startswith(drawing) or call.endswith(":paint")]


@pytest.fixture
def saboteur(monkeypatch):
    saboteur, process = Saboteur(), Worker.process

    @functools.wraps(process)
    def watched(self, order, observe):
        self.job = replace(self.job, threads=1)  # what other threads call is not told
        sys.setprofile(saboteur.watching(order.name))
        try:
            return process(self, order, observe)
        finally:
            sys.setprofile(None)

    monkeypatch.setattr(Worker, "process", watched)
    return saboteur


@pytest.fixture(scope="session")
def original(tmp_path_factory):
    """Return the bytes of a tiny video in which somebody speaks."""
    talker = SyntheticTalker(seed=1, duration=1.0)
    people = [Person(RED, (4.0, 8.0, 44.0, 56.0), talker)]
    path = tmp_path_factory.mktemp("original") / "talker.mkv"
    return write_video(path, people, audio=talker.audio(), duration=1.0, size=(64, 64), fps=6).read_bytes()


class Batch:
    """A folder of videos that differ only in some bytes behind their end, and runs over it."""

    def __init__(self, folder, original, slceleb, photos):
        self.videos, self.output, self._original = folder / "videos", folder / "out", original
        self.videos.mkdir()
        profile = folder / "profile.yaml"
        profile.write_text(PROFILE)
        given = ["--profile", profile, "--video-dir", self.videos, "--output-dir", self.output, "--poi-dir", photos]
        self.run = functools.partial(slceleb, "run", *given, "--retries", 0)

    def add(self, name):
        void = bytes([0xEC, 0x80 + len(name)]) + name.encode()  # an element of Matroska that holds nothing
        (self.videos / f"{name}.mkv").write_bytes(self._original + void)

    def rows(self):
        with Journal(self.output / JOURNAL) as journal:
            return journal.rows()

    def statuses(self):
        return {name: row.status for name, row in self.rows().items()}

    def reasons(self):
        """Return the reasons in failures.csv, by name."""
        with (self.output / FAILURES).open(newline="", encoding="utf-8") as file:
            return {row["id"]: row["reason"] for row in csv.DictReader(file)}


@pytest.fixture
def batch(tmp_path, original, slceleb, photos):
    return Batch(tmp_path, original, slceleb, photos)


@pytest.fixture
def calls(batch, saboteur):
    """Return every call between a video and its results, in order; the pipeline has been open before."""
    for name in ("first", "second"):
        batch.add(name)
    assert batch.run().code == 0
    return saboteur.calls()


def test_every_step_is_among_the_calls_that_are_made_to_fail(calls):
    """Where this fails, the others do not try what they are to try."""
    files = {call.partition(":")[0] for call in calls}
    rooms = {
        "decision": ("candidates", "gates", "identity", "judge", "segmenting", "spans"),
        "disk": ("fingerprint", "output"),
        "media": ("speech", "video", "audio", "cutting"),
        "perception": ("alignment", "quality", "scoring", "shots", "steps", "tracking"),
        "review": ("sink",),
        "run": ("_publishing", "_statistics", "_steps", "video_run"),
        "sinks": ("annotated/sink", "clips", "json_files", "table"),
    }
    expected = {f"{room}/{module}.py" for room, modules in rooms.items() for module in modules}
    assert expected | {"jobs.py", "pipeline.py", "results.py"} <= files
    assert any(file.startswith("artefacts/") for file in files)
    names = {call.rpartition(":")[2] for call in calls}
    assert {"detect", "embed", "observe", "listen", "score"} <= names  # of the stages
    assert {"start", "frame", "track", "segment", "commit", "published"} <= names  # of the sinks
    assert {
        "open",
        "InputContainer.demux",
        "VideoStream.decode",
        "AudioStream.decode",
        "VideoStream.encode",
        "AudioStream.encode",
        "OutputContainer.mux",
    } <= names


def one_of(kinds, call):
    """Return the kind of error that a call is to fail with, and what makes it: the same one every time."""
    return list(kinds.items())[zlib.crc32(call.encode()) % len(kinds)]


# What was kept from closing a file has it closed when it goes itself, which may fail then, behind everything.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("half", [0, 1])
def test_whatever_fails_in_a_video_the_others_are_done(batch, saboteur, calls, half):
    tried = [(call, *one_of(KINDS, call)) for call in calls]
    tried += [(call, *one_of(LIBAV, call)) for call in calls if call.startswith("av.")]
    tried, good = tried[half::2], []
    for number, (call, _, error) in enumerate(tried):
        saboteur.faults[f"{number:04}"] = call, error
        batch.add(f"{number:04}")
        if number % 100 == 0:
            good.append(f"{number:04} good")
            batch.add(good[-1])
    assert batch.run().code == 1
    rows, reasons = batch.rows(), batch.reasons()
    assert {rows[name].status for name in (*good, "first", "second")} == {"done"}
    for number, (call, kind, _) in enumerate(tried):
        row = rows[f"{number:04}"]
        borne = kind in LIBAV and (call.rpartition(":")[2] in BORNE or call.startswith(SURVEYING))
        borne = borne or (kind in OF_DISKS and call.startswith(PEEKING))
        assert row.status == "failed" or (borne and row.status == "done"), (call, kind, row)
        assert row.status == "done" or reasons[row.name], (call, kind, row)
    assert not list((batch.output / ".partial").iterdir())


def test_a_rerun_leaves_alone_what_failed_and_tries_again_what_may_pass(batch, saboteur, calls):
    detect = next(call for call in calls if call.endswith(":detect"))
    for kind, error in KINDS.items():
        saboteur.faults[kind] = detect, error
        batch.add(kind)
    assert batch.run().code == 1
    assert set(batch.reasons()) == set(KINDS)
    saboteur.faults.clear()
    batch.add("new")
    assert batch.run().code == 1
    assert set(batch.reasons()) == KINDS.keys() - PASSING
    assert {name for name, status in batch.statuses().items() if status == "done"} == {
        *("first", "second", "new"),
        *PASSING,
    }
    assert batch.run("--retry-failed").code == 0
    assert batch.reasons() == {}


@pytest.mark.parametrize("step", ["sinks/json_files.py:start", "sinks/table.py:commit", "av.container.output:mux"])
def test_a_full_disk_stops_the_batch_and_the_same_command_goes_on(batch, saboteur, calls, step):
    file, _, name = step.partition(":")
    call = next(call for call in calls if call.startswith(file) and call.endswith(name))
    full = av.error.OSError if call.startswith("av.") else OSError
    saboteur.faults["full"] = call, lambda: full(errno.ENOSPC, "No space left on device")
    batch.add("full")
    batch.add("later")
    said = batch.run()
    assert said.code == 2
    assert "no space left on device" in said.err.lower()
    assert "free some space" in said.err
    assert batch.reasons() == {}
    assert {batch.statuses()[name] for name in ("full", "later")} == {"pending"}
    saboteur.faults.clear()
    assert batch.run().code == 0


def test_a_name_that_the_disk_does_not_take_is_one_videos_own_fault(batch, saboteur, calls):
    commit = next(call for call in calls if call.startswith("sinks/json_files.py") and call.endswith(":commit"))
    saboteur.faults["long"] = commit, lambda: OSError(errno.ENAMETOOLONG, "File name too long")
    batch.add("long")
    batch.add("other")
    assert batch.run().code == 1
    assert "File name too long" in batch.reasons()["long"]
    assert batch.statuses()["other"] == "done"
