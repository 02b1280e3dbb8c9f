"""What an NVIDIA card gains, and whether results stay what they are: one run on a machine that has one; Markdown.

``python scripts/speed/gpu.py [VIDEO...] [--model sface] [--json FILE]``; without a video one is made. Both ways take
turns, round by round, and figures are medians. On a machine without a card it says of each part that there is none.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np

from slceleb_core.errors import SlcelebError
from slceleb_core.media import VideoReader
from slceleb_core.settings import load_settings
from slceleb_core.stages import StageContext
from slceleb_core.testing import builders
from slceleb_core.types import Array, FaceCrops

BATCHES = (1, 2, 4, 8, 16, 32)
"""Faces at a time: a few as the economy asks for them, up to as many as a card is given."""

MESHED_BY = (("litert", "cpu"), ("onnx", "cpu"), ("onnx", "cuda"))
"""Runtimes of the mesh network, and what the machine's device is set to; others are compared with the first."""

SIZE, SECONDS, RATE = (1920, 1080), 20, 25
"""Of the video that is made."""


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", type=Path, nargs="*", metavar="VIDEO")
    parser.add_argument("--model", action="append", help="of the recognizer; sface without")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def film(path: Path) -> Path:
    """Write a video of which no picture is like another."""
    rng = np.random.default_rng(0)
    still = rng.integers(0, 256, (SIZE[1] // 8, SIZE[0] // 8, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for index in range(SECONDS * RATE):
            frame = av.VideoFrame.from_ndarray(np.roll(still, 5 * index, axis=1), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Return the wall seconds, and the processor seconds of this process, that something takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def median(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the median of each of the two."""
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def read(path: Path, decoder: str) -> tuple[int, list[str]]:
    """Decode a video, look at a part of each picture as a detector would, and return how many, and what is said."""
    with VideoReader(path, decoder=decoder) as reader:
        count = sum(frame.part(0, 0, 256, 256).ndim == 3 for frame in reader.frames())
        return count, reader.warnings


def same_pictures(path: Path) -> int:
    """Return how many pictures differ in number or time, or in any pixel."""
    with VideoReader(path) as ours, VideoReader(path, decoder="nvdec") as theirs:
        pairs = zip(ours.frames(), theirs.frames(), strict=True)
        return sum(one.time != other.time or not np.array_equal(one.image, other.image) for one, other in pairs)


def decoding(path: Path, rounds: int) -> dict[str, Any]:
    """Measure decoding with and without the card."""
    count, said = read(path, "nvdec")
    figures: dict[str, Any] = {"video": path.name, "frames": count, "said": said}
    if any(line.startswith("decoded without NVDEC") for line in said):
        return figures
    taken: dict[str, list[tuple[float, float]]] = {"libav": [], "nvdec": []}
    for _ in range(rounds):
        for decoder, pairs in taken.items():
            pairs.append(timed(partial(read, path, decoder)))
    for decoder, pairs in taken.items():
        wall, cpu = median(pairs)
        figures[decoder] = {"frames_per_second": count / wall, "cpu_ms_a_frame": 1000 * cpu / count}
    return {**figures, "pictures_that_differ": same_pictures(path)}


def embedding(model: str, rounds: int) -> dict[str, Any]:
    """Measure embedding with and without the card, and how far the embeddings agree."""
    from slceleb_recognizer_insightface import InsightfaceConfig, InsightfaceRecognizer

    settings = load_settings()
    config = InsightfaceConfig.model_validate({"model": model, "cache": {"entries": 0}})
    figures: dict[str, Any] = {"model": model}
    answers: dict[str, list[Array]] = {}
    for device in ("cpu", "cuda"):
        try:
            with InsightfaceRecognizer(config, StageContext(settings.model_store(), device)) as stage:
                figures[device] = {"providers": stage.report()["providers"], "ms_a_face": _paces(stage, rounds)}
                crops = FaceCrops.untracked(builders.crops(BATCHES[-1]).images)
                answers[device] = [stage.embed(crops), stage.embed(crops)]
        except SlcelebError as error:
            figures[device] = {"not_measured": error.message}
    if len(answers) == 2:
        figures["least_cosine"] = float((answers["cpu"][0] * answers["cuda"][0]).sum(axis=1).min())
        figures["repeats_to_the_bit"] = bool(np.array_equal(*answers["cuda"]))
    return figures


def _paces(stage: Any, rounds: int) -> dict[int, float]:
    return paced(lambda size: partial(stage.embed, FaceCrops.untracked(builders.crops(size).images)), rounds)


def paced(work: Callable[[int], Callable[[], Any]], rounds: int) -> dict[int, float]:
    """Return milliseconds a face, by how many there are at a time; a first call of each size is not counted."""
    paces = {}
    for size in BATCHES:
        call = work(size)
        call()
        repeats = max(BATCHES[-1] // size, 4)
        taken = [timed(partial(_repeat, call, repeats)) for _ in range(rounds)]
        paces[size] = 1000 * median(taken)[0] / (repeats * size)
    return paces


def _repeat(call: Callable[[], Any], times: int) -> None:
    for _ in range(times):
        call()


def meshing(rounds: int) -> dict[str, Any]:
    """Measure the mesh network on LiteRT, and on ONNX Runtime with and without the card, and how far they agree."""
    from slceleb_detector_mediapipe.archive import read_archive
    from slceleb_detector_mediapipe.catalog import FACE_LANDMARKER
    from slceleb_detector_mediapipe.config import MediapipeConfig
    from slceleb_detector_mediapipe.eyes import open_eyes
    from slceleb_detector_mediapipe.facemesh import threads_for
    from slceleb_detector_mediapipe.seen import MESH_PIXELS

    figures: dict[str, Any] = {}
    answers: dict[str, list[Array]] = {}
    images = np.random.default_rng(0).integers(0, 256, (BATCHES[-1], MESH_PIXELS, MESH_PIXELS, 3), dtype=np.uint8)
    windows = np.tile([MESH_PIXELS / 2, MESH_PIXELS / 2, MESH_PIXELS, 0.0], (BATCHES[-1], 1))
    for runtime, device in MESHED_BY:
        name = f"{runtime}, {device}"
        try:
            archive = read_archive(load_settings().model_store().locate(FACE_LANDMARKER))
            eyes = open_eyes(archive, MediapipeConfig.model_validate({"runtime": runtime}), threads_for(None), device)
        except SlcelebError as error:
            figures[name] = {"not_measured": error.message}
            continue
        look = eyes.crew.mesh
        figures[name] = {"ms_a_face": paced(lambda n, look=look: partial(look, images[:n], windows[:n]), rounds)}
        answers[name] = [look(images, windows).points for _ in range(2)]
        eyes.close()
    first, *others = answers.values()
    for name, points in zip(list(answers)[1:], others, strict=True):
        figures[name]["apart_in_windows"] = float(np.abs(points[0] - first[0]).max())
        figures[name]["repeats_to_the_bit"] = bool(np.array_equal(*points))
    return figures


def told_decoding(figures: Sequence[dict[str, Any]]) -> list[str]:
    """Return the table of decoding."""
    lines = ["| video | libav, frames/s | NVDEC | gain | libav, CPU ms a frame | NVDEC | pictures that differ |"]
    lines.append("|---|---|---|---|---|---|---|")
    for row in figures:
        if "nvdec" not in row:
            lines.append(f"| {row['video']} | not measured: {'; '.join(row['said'])} | | | | | |")
            continue
        rates = [row[decoder]["frames_per_second"] for decoder in ("libav", "nvdec")]
        costs = [row[decoder]["cpu_ms_a_frame"] for decoder in ("libav", "nvdec")]
        cells = [
            f"{rates[0]:.0f}",
            f"{rates[1]:.0f}",
            f"{rates[1] / rates[0]:.2f}x",
            f"{costs[0]:.1f}",
            f"{costs[1]:.1f}",
        ]
        lines.append(f"| {row['video']} | {' | '.join(cells)} | {row['pictures_that_differ']} |")
    return lines


def told_embedding(figures: Sequence[dict[str, Any]]) -> list[str]:
    """Return the table of embedding."""
    lines = [f"| model | on | {' | '.join(f'{size} at a time, ms a face' for size in BATCHES)} |"]
    lines.append(f"|---|---|{'---|' * len(BATCHES)}")
    for row in figures:
        for device in ("cpu", "cuda"):
            paces = row[device].get("ms_a_face")
            cells = (
                [f"{paces[size]:.2f}" for size in BATCHES]
                if paces
                else [f"not measured: {row[device]['not_measured']}"]
            )
            lines.append(f"| {row['model']} | {device} | {' | '.join(cells)} |")
        if "least_cosine" in row:
            lines += ["", f"{row['model']}: cosine of CPU and card at least {row['least_cosine']:.6f}; "]
            lines[-1] += f"the same to the bit when repeated: {'yes' if row['repeats_to_the_bit'] else 'no'}"
    return lines


def told_meshing(figures: dict[str, Any]) -> list[str]:
    """Return the table of meshing."""
    lines = [f"| mesh on | {' | '.join(f'{size} at a time, ms a face' for size in BATCHES)} | apart | repeats |"]
    lines.append(f"|---|{'---|' * (len(BATCHES) + 2)}")
    for name, row in figures.items():
        if "ms_a_face" not in row:
            lines.append(f"| {name} | not measured: {row['not_measured']} |{' |' * (len(BATCHES) + 1)}")
            continue
        cells = [f"{row['ms_a_face'][size]:.2f}" for size in BATCHES]
        agree = ["", ""]
        if "apart_in_windows" in row:
            agree = [f"{row['apart_in_windows']:.7f}", "yes" if row["repeats_to_the_bit"] else "no"]
        lines.append(f"| {name} | {' | '.join([*cells, *agree])} |")
    return lines


def main() -> int:
    """Measure, and say what was found."""
    wanted = arguments()
    with tempfile.TemporaryDirectory() as folder:
        videos = wanted.videos or [film(Path(folder) / "made-1080p.mp4")]
        decoded = [decoding(path, wanted.rounds) for path in videos]
    embedded = [embedding(model, wanted.rounds) for model in wanted.model or ["sface"]]
    meshed = meshing(wanted.rounds)
    print("\n".join([*told_decoding(decoded), "", *told_embedding(embedded), "", *told_meshing(meshed)]))
    if wanted.json is not None:
        measured = {"decoding": decoded, "embedding": embedded, "meshing": meshed}
        wanted.json.write_text(json.dumps(measured, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
