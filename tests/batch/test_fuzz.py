"""Files with damage of every kind are read to their end or refused in one line: no crash, no hang, no other error."""

import subprocess
import sys
from pathlib import Path

import pytest

from slceleb_core.testing import RED, Person, SyntheticTalker, write_video

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts" / "batch"

READ = """
import sys
from pathlib import Path
from slceleb_core.errors import VideoError
from slceleb_core.media import AudioTrack, VideoReader
for path in map(Path, sys.argv[1:]):
    try:
        with VideoReader(path) as reader:
            frames = sum(1 for _ in reader.frames())
            sound = AudioTrack.decode(path) if reader.info.has_audio else None
            if sound is not None:
                sound.close()
        print(path.name, "read", frames)
    except VideoError as error:
        print(path.name, "refused", *error.message.splitlines())
"""


@pytest.fixture(scope="module")
def mutations():
    sys.path.insert(0, str(SCRIPTS))
    try:
        import mutations
    finally:
        sys.path.remove(str(SCRIPTS))
    return mutations


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    talker = SyntheticTalker(seed=1, duration=1.0)
    names = ("one.mp4", "two.mkv", "three.mov", "four.avi")
    return [write_video(folder / name, [Person(RED)], audio=talker.audio(), duration=1.0) for name in names]


def read(files):
    """Read files in a process of its own, and return its output's lines."""
    done = subprocess.run([sys.executable, "-c", READ, *map(str, files)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


def test_damaged_files_are_read_or_refused_in_one_line(mutations, sources, tmp_path):
    files = [mutations.mutate(sources, tmp_path, number, seed=0) for number in range(68)]  # four of each kind
    lines = read(files)
    assert [line.split()[0] for line in lines] == [file.name for file in files]
    told = {line.split()[1] for line in lines}
    assert told == {"read", "refused"}


def test_the_same_seed_makes_the_same_files(mutations, sources, tmp_path):
    for folder, seed in (("a", 0), ("b", 0), ("c", 1)):
        (tmp_path / folder).mkdir()
        for number in range(17):
            mutations.mutate(sources, tmp_path / folder, number, seed)
    contents = [{file.name: file.read_bytes() for file in (tmp_path / folder).iterdir()} for folder in "abc"]
    assert contents[0] == contents[1] != contents[2]
