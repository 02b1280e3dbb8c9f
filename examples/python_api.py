"""The pipeline from Python: who of a folder of photos is seen speaking in a video, and when.

``python examples/python_api.py VIDEO POI_DIR`` prints each segment as soon as it is known. With ``--csv FILE`` the
segments are written as a table instead. Nothing else is written: `Pipeline.process` is what writes result folders.
"""

# ruff: noqa: T201 - to print is what this program is for

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

from slceleb_core import Pipeline, SlcelebError
from slceleb_core.run import VideoRun


def show(run: VideoRun) -> None:
    """Print the segments of a run while they are found; then what is worth knowing of the whole."""
    for segment in run:
        print(f"{segment.start:8.2f} {segment.end:8.2f}  {segment.person}  (score {segment.speaking_mean:.2f})")
    for warning in run.summary.warnings:
        print(f"warning: {warning}")
    statistics = run.summary.statistics
    print(f"{statistics['frames']} frames, {statistics['tracks']} tracks, {statistics['segments']} segments")


def save(run: VideoRun, target: Path) -> None:
    """Write the segments of a run as a table; ``pandas.DataFrame(run.table())`` works alike."""
    rows = run.table()
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]) if rows else ["id"])
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} segments in {target}")


def main() -> int:
    """Run the example; return the exit code."""
    parser = argparse.ArgumentParser(description="Print who is seen speaking in a video, and when.")
    parser.add_argument("video", type=Path)
    parser.add_argument("poi_dir", type=Path, help="photos: DIR/<person>/*.jpg or DIR/<person>.jpg")
    parser.add_argument("--csv", type=Path, help="write a table instead")
    options = parser.parse_args()
    try:
        with Pipeline.from_profile("default") as pipeline:
            gallery = pipeline.enroll(options.poi_dir)
            run = pipeline.run(options.video, gallery)  # nothing is computed yet
            if options.csv is None:
                show(run)
            else:
                save(run, options.csv)
    except SlcelebError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
