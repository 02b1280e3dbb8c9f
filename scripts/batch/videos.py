"""Makes a folder of real videos for a batch out of a few clips: cut, re-encoded, renamed, and some of them broken.

``FOLDER/videos`` holds them, ``FOLDER/poi`` photos of the people in them, ``FOLDER/videos.json`` which are broken and
why. The same seed gives the same bytes with the same libraries. Pictures and sound come out of the shared clips, which
are not part of the repository, and stay where this is told to put them.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
from breaking import BREAKAGES, cut_tail
from encoding import Recipe, encode

from slceleb_core.media import VideoReader, probe

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"

LENGTHS = (3.0, 9.0)
"""Seconds of a video, at least and at most: long enough for speech to be found, short enough for hundreds."""

RECIPES = (
    Recipe(".mp4", "libx264", "aac"),
    Recipe(".mkv", "libx264", "libopus", rate=25, scale=1.5),
    Recipe(".webm", "libvpx", "libopus", scale=0.75),
    Recipe(".mpg", "mpeg1video", "mp2", rate=25),
    Recipe(".mp4", "libx264", "aac", rotation=90),
    Recipe(".mkv", "mpeg4", "flac", rate=15),
    Recipe(".mp4", "libx265", "aac", scale=1.25),
    Recipe(".webm", "libvpx-vp9", "libopus", rate=24),
    Recipe(".mpg", "mpeg2video", "mp2", rate=30, scale=1.25),
    Recipe(".mp4", "libx264", None),
    Recipe(".avi", "mpeg4", "libmp3lame", rate=30),
    Recipe(".mov", "libx264", "aac", rate=12, rotation=180),
    Recipe(".ts", "libx264", "aac"),
)
"""What downloads come as. The clips go round with another period, so that all combinations turn up."""

NAMES = (
    "interview",
    "two words",
    "Zürich Gespräch (2)",
    'it\'s "quoted" & more',
    "面试 录像",
    "sub folder/take",
    "other/take",
    "100% #1; $HOME",
    "Ολυμπία",
    "a=b,c",
)
"""Stems that scripts stumble over; one of them twice, in two folders."""

CUT_SHORT = 10
"""Of each twelve videos, the one that lacks its tail; an AVI first, whose header says how long it should be."""


@dataclass(frozen=True, slots=True)
class Made:
    """A video of the folder.

    Attributes
    ----------
    path
        Relative to the folder of videos.
    made_of
        The clip.
    recipe
        How, in words.
    broken
        In which way; empty for a video that can be processed.
    """

    path: str
    made_of: str
    recipe: str
    broken: str = ""


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--count", type=int, default=40, help="videos, broken ones included")
    parser.add_argument("--broken", type=int, default=6, help="how many of them are broken")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lengths", type=float, nargs=2, default=LENGTHS, metavar="SECONDS", help="at least, at most")
    parser.add_argument("--clips", type=Path, default=MEDIA / "clips", help="folder of the clips")
    parser.add_argument("--poi", type=Path, default=MEDIA / "poi", help="folder of photos")
    return parser.parse_args()


def make(folder: Path, options: argparse.Namespace) -> list[Made]:
    """Write all videos; return what each is."""
    clips = sorted(path for path in options.clips.glob("*") if path.is_file())
    if not clips:
        raise SystemExit(f"no clip in {options.clips}")
    scissors = Scissors(clips, tuple(options.lengths), random.Random(options.seed))
    good = [one_good(folder, scissors, number) for number in range(options.count - options.broken)]
    return good + [one_broken(folder, scissors, number) for number in range(options.broken)]


@dataclass(frozen=True, slots=True)
class Scissors:
    """Cuts random stretches out of clips.

    Attributes
    ----------
    clips
        The files, taken in turn.
    lengths
        Seconds of a stretch, at least and at most.
    dice
        Decides.
    """

    clips: list[Path]
    lengths: tuple[float, float]
    dice: random.Random

    def clip(self, number: int) -> Path:
        """Return the clip of a video's number."""
        return self.clips[number % len(self.clips)]

    def cut(self, clip: Path, target: Path, recipe: Recipe) -> str:
        """Encode a stretch of a clip; return which."""
        info = probe(clip)
        whole = info.duration or self.lengths[0]
        length = min(self.dice.uniform(*self.lengths), whole)
        start = info.start + self.dice.uniform(0.0, whole - length)
        target.parent.mkdir(parents=True, exist_ok=True)
        encode(clip, target, recipe, start, start + length)
        return f"{start:.2f} to {start + length:.2f} s"


def one_good(folder: Path, scissors: Scissors, number: int) -> Made:
    """Write a video that can be processed; one of each dozen lacks its tail."""
    clip, recipe = scissors.clip(number), RECIPES[number % len(RECIPES)]
    stem = f"{NAMES[number % len(NAMES)]} {number // len(NAMES) + 1:02}"
    target = folder / f"{stem}{recipe.suffix}"
    words = f"{recipe}, {scissors.cut(clip, target, recipe)}"
    if number % 12 == CUT_SHORT:
        cut_tail(target)
        words += ", tail missing"
    return Made(str(target.relative_to(folder)), clip.name, words)


def one_broken(folder: Path, scissors: Scissors, number: int) -> Made:
    """Write a video that cannot be processed."""
    clip, way = scissors.clip(number), list(BREAKAGES)[number % len(BREAKAGES)]
    target, good = folder / f"download {number + 1:02}.mp4", folder / ".good.mp4"
    words = scissors.cut(clip, good, RECIPES[0])
    BREAKAGES[way](good, target)
    good.unlink()
    return Made(target.name, clip.name, words, way)


def photograph(clips: Path, folder: Path) -> None:
    """Add a photo of each single talker: a frame from the middle of the clip."""
    for clip in sorted([*clips.glob("talker_*"), *clips.glob("grid_*")]):
        with VideoReader(clip) as reader:
            middle = reader.info.start + (reader.info.duration or 2.0) / 2
            image = next(frame.image for frame in reader.frames() if frame.time >= middle)
        cv2.imwrite(str(folder / f"{clip.stem}.png"), image[:, :, ::-1])


def prepare(folder: Path, options: argparse.Namespace) -> list[Made]:
    """Write videos, photos and the list of what they are."""
    videos, people = folder / "videos", folder / "poi"
    videos.mkdir(parents=True)
    made = make(videos, options)
    shutil.copytree(options.poi, people, copy_function=shutil.copyfile)
    people.chmod(0o755)  # shared folders may be read-only, and copytree keeps that
    photograph(options.clips, people)
    text = json.dumps([asdict(video) for video in made], indent=2, ensure_ascii=False)
    (folder / "videos.json").write_text(text + "\n", encoding="utf-8")
    return made


def main() -> int:
    """Make the folder and say what is in it."""
    options = arguments()
    if options.folder.exists() and any(options.folder.iterdir()):
        print(f"{options.folder} is not empty", file=sys.stderr)
        return 2
    for video in prepare(options.folder, options):
        print(
            f"{'BROKEN' if video.broken else 'good':7} {video.path}: {video.broken or video.recipe} ({video.made_of})"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
