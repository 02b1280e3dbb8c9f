"""What cutting clips costs and what it keeps: encoder settings side by side, and ways to cut; prints Markdown tables.

``python scripts/speed/clips.py VIDEO...``; figures are medians of rounds in which all take turns.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import cv2
import numpy as np

from slceleb_core.artefacts.cuts import LazyClipper
from slceleb_core.media import AudioTrack, VideoReader
from slceleb_core.media.encoding import ENCODERS, INTRA_4X4, NO_TREE, PictureEncoder, PictureShaper
from slceleb_core.media.excerpt import pictures_between
from slceleb_core.media.ticks import Placed
from slceleb_core.run._clip_queue import ClipQueue
from slceleb_core.settings import processors
from slceleb_core.types import Array

SETTINGS = {
    "superfast, crf 18": {"preset": "superfast", "crf": "18", "x264-params": NO_TREE},
    "superfast, crf 20": {"preset": "superfast", "crf": "20", "x264-params": NO_TREE},
    "veryfast, crf 18": {"preset": "veryfast", "crf": "18", "x264-params": NO_TREE},
    "ultrafast, crf 18": {"preset": "ultrafast", "crf": "18", "x264-params": NO_TREE},
    "ultrafast, crf 16": {"preset": "ultrafast", "crf": "16", "x264-params": NO_TREE},
    "ultrafast, crf 18, adaptive": {"preset": "ultrafast", "crf": "18", "x264-params": f"{NO_TREE}:aq-mode=1"},
    "ultrafast, crf 17, small blocks (default)": {"preset": "ultrafast", "crf": "17", "x264-params": INTRA_4X4},
    "the same, 2 slices at a time": {
        "preset": "ultrafast",
        "crf": "17",
        "x264-params": f"{INTRA_4X4}:sliced-threads=1",
        "threads": "2",
    },
}
"""x264's settings that are compared; the first is the base of ratios."""

WORST = 1.0
"""Per cent of places that count as the worst."""

WINDOW, SIGMA = (11, 11), 1.5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
"""Of the structural similarity (Wang et al. 2004), as it was published."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How near encoded pictures are to the source's, in brightness: decibels, similarity, that of the worst places."""

    psnr: float
    ssim: float
    worst: float


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--start", type=float, default=5.0, help="second at which the first stretch begins")
    parser.add_argument("--seconds", type=float, default=2.4, help="length of a stretch")
    parser.add_argument("--clips", type=int, default=4, help="stretches that are cut, one every 1.25 lengths")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--ways", nargs="+", choices=["cut_video", "copy_video"], default=["cut_video"])
    parser.add_argument("--only", choices=["encoders", "ways"], help="one of the tables")
    return parser.parse_args()


def similarity(first: Array, second: Array) -> Array:
    """Return the structural similarity of two pictures, uint8 [height, width], at each place."""
    a, b = first.astype(np.float32), second.astype(np.float32)
    smooth = partial(cv2.GaussianBlur, ksize=WINDOW, sigmaX=SIGMA)
    mean_a, mean_b = smooth(a), smooth(b)
    spread_a, spread_b = smooth(a * a) - mean_a**2, smooth(b * b) - mean_b**2
    common = smooth(a * b) - mean_a * mean_b
    alike = (2 * mean_a * mean_b + C1) * (2 * common + C2)
    return np.asarray(alike / ((mean_a**2 + mean_b**2 + C1) * (spread_a + spread_b + C2)))


def brightness(picture: av.VideoFrame) -> Array:
    """Return uint8 [height, width]."""
    return np.asarray(picture.to_ndarray()[: picture.height])


def quality(source: Sequence[av.VideoFrame], made: io.BytesIO) -> Kept:
    """Compare every sixth picture."""
    noise, alike, worst = [], [], []
    made.seek(0)
    with av.open(made) as container:
        for number, (before, after) in enumerate(zip(source, container.decode(video=0), strict=True)):
            if number % 6 == 0:
                a, b = brightness(before), brightness(after)
                noise.append(10 * np.log10(255**2 / max(float(np.mean((a.astype(float) - b) ** 2)), 1e-9)))
                places = similarity(a, b)
                alike.append(float(places.mean()))
                worst.append(float(np.percentile(places, WORST)))
    return Kept(statistics.mean(noise), statistics.mean(alike), statistics.mean(worst))


def encode(pictures: Sequence[Placed[av.VideoFrame]], setting: dict[str, str]) -> io.BytesIO:
    """Return a stretch as MP4."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        for packet in PictureEncoder(container, pictures[0].picture, setting).packets(iter(pictures)):
            container.mux(packet)
    return buffer


def compare_encoders(video: Path, options: argparse.Namespace) -> None:
    """Print what each setting costs and keeps."""
    with VideoReader(video) as reader:
        canvas = reader.info.width, reader.info.height
    stretch = list(pictures_between(video, options.start, options.start + options.seconds))
    shaper = PictureShaper(canvas, stretch[0].picture.picture)
    pictures = [shaper.shape(shown) for shown in stretch]
    spent: dict[str, list[float]] = {name: [] for name in SETTINGS}
    for _ in range(options.rounds):
        for name, setting in SETTINGS.items():
            begin = time.process_time()
            encode(pictures, setting)
            spent[name].append((time.process_time() - begin) * 1000 / len(pictures))
    base = statistics.median(next(iter(spent.values())))
    print(f"\n{video.name}, {canvas[0]}x{canvas[1]}, {len(pictures)} pictures\n")
    print("| x264 | processor ms a picture | ratio | Mbit/s | PSNR | SSIM | worst 1 % | same twice |")
    print("|---|---|---|---|---|---|---|---|")
    for name, setting in SETTINGS.items():
        made, cost = encode(pictures, setting), statistics.median(spent[name])
        same = "yes" if made.getvalue() == encode(pictures, setting).getvalue() else "no"
        kept, rate = quality([shown.picture for shown in pictures], made), len(made.getvalue()) * 8 / options.seconds
        figures = f"{cost:.1f} | {cost / base:.2f} | {rate / 1e6:.1f}"
        print(f"| {name} | {figures} | {kept.psnr:.1f} | {kept.ssim:.4f} | {kept.worst:.3f} | {same} |")


def cut(video: Path, audio: AudioTrack | None, workers: int, way: str, options: argparse.Namespace) -> None:
    """Cut all stretches."""
    with tempfile.TemporaryDirectory() as folder, ClipQueue(LazyClipper(video, lambda: audio)) as clips:
        clips.widen(workers)
        for number in range(options.clips):
            start = options.start + number * options.seconds * 1.25
            clips.queue(partial(getattr(clips, way), start, start + options.seconds, Path(folder) / f"{number}.mp4"))
        clips.finish()


def compare_ways(video: Path, options: argparse.Namespace) -> None:
    """Print what cutting costs a picture of a clip, sound and seeking included."""
    with VideoReader(video) as reader:
        count = options.clips * options.seconds * (reader.info.frame_rate or 25.0)
    audio = AudioTrack.decode(video)
    ways = [(workers, way) for way in options.ways for workers in options.workers]
    spent: dict[tuple[int, str], list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(options.rounds):
        for workers, way in ways:
            wall, processor = time.perf_counter(), time.process_time()
            cut(video, audio, workers, way, options)
            spent[workers, way].append((time.perf_counter() - wall, time.process_time() - processor))
    if audio is not None:
        audio.close()
    print(f"\n{video.name}: {options.clips} clips of {options.seconds:g} s, {processors()} processors\n")
    print("| clips | wall ms a picture | processor ms a picture |\n|---|---|---|")
    for (workers, way), rounds in spent.items():
        wall, processor = (statistics.median(column) * 1000 / count for column in zip(*rounds, strict=True))
        print(f"| {way}, {workers} at a time | {wall:.1f} | {processor:.1f} |")


def main() -> None:
    """Print the tables."""
    options = arguments()
    if "libx264" not in av.codecs_available:
        raise SystemExit(f"this build of libav has no libx264: clips are encoded by one of {', '.join(ENCODERS)}")
    for video in options.videos:
        if options.only != "ways":
            compare_encoders(video, options)
        if options.only != "encoders":
            compare_ways(video, options)


if __name__ == "__main__":
    main()
