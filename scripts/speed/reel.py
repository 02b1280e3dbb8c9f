"""Makes the reels on which speed is measured, out of the shared clips: three minutes each, of one size and rate.

``FOLDER/<kind>-<height>.mp4`` for each kind and height, the gallery of a kind in ``FOLDER/gallery-<kind>``, and
``FOLDER/<kind>.json``: which clip is shown from when to when, who of the gallery is visible, and who speaks. That is in
``FOLDER/<kind>-<height>.csv``, too, as ``slceleb eval score`` reads it. The same
call gives the same bytes with the same libraries. Pictures and sound come out of the shared clips, which are not part
of the repository, and stay where this is told to put them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
from plans import PLANS, Plan, Spans, Stretch
from splicing import splice

from slceleb_core.media import VideoReader

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"
HEIGHTS = (720, 1080, 2160)


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--kind", choices=list(PLANS), action="append", help="mixed or seldom; both without")
    parser.add_argument("--height", type=int, choices=HEIGHTS, action="append", help="720 and 1080 without")
    parser.add_argument("--rate", type=int, choices=(25, 30), default=25, help="frames per second")
    parser.add_argument("--media", type=Path, default=MEDIA, help="folder of the shared clips")
    return parser.parse_args()


def photograph(plan: Plan, media: Path, folder: Path) -> None:
    """Write a gallery: the shared photos, and frames of those clips whose people are in it."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(media / "poi", folder, copy_function=shutil.copyfile)
    folder.chmod(0o755)  # shared folders may be read-only, and copytree keeps that
    for person, (clip, seconds) in plan.gallery.items():
        (folder / person).mkdir()
        for second in seconds:
            with VideoReader(media / clip) as reader:
                image = next(frame.image for frame in reader.frames() if frame.time >= second)
            cv2.imwrite(str(folder / person / f"{second:g}.png"), image[:, :, ::-1])


def outline(plan: Plan, rate: int) -> dict[str, Any]:
    """Return a reel's plan as plain values, on the reel's clock."""
    stretches, ticks = [], 0
    for stretch in plan.stretches:
        begin, ticks = ticks, ticks + stretch.ticks(rate)
        stretches.append(_stated(stretch, begin / rate, ticks / rate))
    known = sum(_known(stretch) for stretch in plan.stretches)
    return {"seconds": ticks / rate, "known_visible_share": round(known * rate / ticks, 3), "stretches": stretches}


def reference(plain: dict[str, Any], video: str) -> str:
    """Return who speaks in a reel, as a table."""
    lines = [
        f"{video},{person},{start:g},{end:g}\n"
        for stretch in plain["stretches"]
        for person, spans in stretch["speaks"].items()
        for start, end in spans
    ]
    return "".join(["video,person,start,end\n", *lines])


def _stated(stretch: Stretch, begin: float, end: float) -> dict[str, Any]:
    def placed(people: dict[str, Spans]) -> dict[str, list[list[float]]]:
        shift = begin - stretch.start
        return {
            name: [[round(start + shift, 3), round(end + shift, 3)] for start, end in spans]
            for name, spans in people.items()
        }

    return {
        "start": round(begin, 3),
        "end": round(end, 3),
        "picture": stretch.picture,
        "from": stretch.start,
        "to": stretch.end,
        "voice": stretch.voice if stretch.drawn else stretch.picture,
        "visible": placed(stretch.visible),
        "speaks": placed(stretch.speaks),
    }


def _known(stretch: Stretch) -> float:
    """Return the seconds in which at least one of the gallery is visible."""
    spans = sorted(span for spans in stretch.visible.values() for span in spans)
    seconds, reached = 0.0, stretch.start
    for start, end in spans:
        seconds += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return seconds


def make(folder: Path, media: Path, kinds: Sequence[str], heights: Sequence[int], rate: int = 25) -> None:
    """Make reels, their galleries, and the lists of what they show."""
    if not media.is_dir():
        raise SystemExit(f"there are no clips in {media}; name their folder with --media")
    folder.mkdir(parents=True, exist_ok=True)
    for kind in kinds:
        plan = PLANS[kind]
        plain = outline(plan, rate)
        photograph(plan, media, folder / f"gallery-{kind}")
        (folder / f"{kind}.json").write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
        for height in heights:
            target, unfinished = folder / f"{kind}-{height}.mp4", folder / f".{kind}-{height}.mp4"
            splice(unfinished, plan.stretches, media, (height * 16 // 9, height), rate)
            unfinished.replace(target)
            target.with_suffix(".csv").write_text(reference(plain, target.stem), encoding="utf-8")
            print(f"{target}: {plain['seconds']:g} s", file=sys.stderr)


def main() -> int:
    """Make them."""
    options = arguments()
    make(options.folder, options.media, options.kind or list(PLANS), options.height or HEIGHTS[:2], options.rate)
    return 0


if __name__ == "__main__":
    sys.exit(main())
