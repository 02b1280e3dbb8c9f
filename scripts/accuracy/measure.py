"""How well speaking is told from silent, on labelled hard cases composed of single talkers; prints Markdown.

`nox -s accuracy` runs it. Clips are composed and faces detected once: a work folder keeps both, and what is already in
it is used again. Every configuration of the speaker stage then sees the same faces.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from cases import SPLITS, Bench, prepare
from real import footage
from scores import Configuration, score_all
from speakers import side_by_side
from tables import report

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"

TALKERS = ("talker_*", "grid_*", "web_*")

BEGIN, END = "<!-- figures begin -->", "<!-- figures end -->"
"""Marks in docs/accuracy.md."""

CONFIGURATIONS = (
    Configuration("default", {}),
    Configuration("classic (first specification)", {"method": "classic"}),
    Configuration("30-frame window", {"window_frames": 30}),
    Configuration("window 2 s", {"window": 2.0}),
    Configuration("window 6 s", {"window": 6.0}),
    Configuration("13 MFCC", {"features": "mfcc"}),
    Configuration("envelope", {"features": "envelope"}),
    Configuration("no lag search", {"max_lag": 0.0, "max_lead": 0.0}),
    Configuration("energy VAD", {"vad": "energy"}),
)
"""Options of the default stage. The first of what is compared is the one whose variants and intervals are shown."""

LIGHT, LARGE = {"use": "lrasd", "options": {"model": "light_asd"}}, {"use": "lrasd", "options": {"model": "lr_asd"}}

SPEAKERS = (
    Configuration("xcorr", {}),
    Configuration("classic (first specification)", {"method": "classic"}),
    Configuration("light_asd", LIGHT["options"], "lrasd"),
    Configuration("lr_asd", LARGE["options"], "lrasd"),
    Configuration("fuse: raise, light_asd", {"of": [{"use": "xcorr"}, LIGHT]}, "fuse"),
    Configuration("fuse: raise, lr_asd", {"of": [{"use": "xcorr"}, LARGE]}, "fuse"),
    Configuration("fuse: logit-mean, light_asd", {"of": [{"use": "xcorr"}, LIGHT], "rule": "logit-mean"}, "fuse"),
    Configuration("fuse: min, light_asd", {"of": [{"use": "xcorr"}, LIGHT], "rule": "min"}, "fuse"),
)
"""Stages side by side."""

COMPARED = {"options": CONFIGURATIONS, "speakers": SPEAKERS}


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--clips", type=Path, nargs="+", default=[MEDIA / "clips", MEDIA / "web"], help="folders of single-talker clips"
    )
    parser.add_argument("--include", nargs="+", default=TALKERS, metavar="PATTERN", help="talkers to use")
    parser.add_argument("--work", type=Path, help="folder that keeps composed clips and detected faces")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, default=8, help="clips of each case and split")
    parser.add_argument("--variants", type=int, default=2, help="clips of each case of each variant and split")
    parser.add_argument("--split", choices=("all", *SPLITS), default="all", help="talkers that are scored")
    parser.add_argument("--quick", action="store_true", help="fewer clips, no variants that need a new detection")
    parser.add_argument(
        "--config",
        action="append",
        metavar="NAME=JSON",
        help="options of the speaker stage to compare, instead of the usual ones; can be repeated",
    )
    parser.add_argument(
        "--economy", type=json.loads, default={}, metavar="JSON", help="options of economy to detect faces with"
    )
    parser.add_argument("--compare", choices=COMPARED, default="options", help="what to compare; docs/speakers.md")
    parser.add_argument("--speaker", default="xcorr", help="the stage that each --config has options of")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--save", type=Path, metavar="FILE", help="also write labels and scores of every face-frame, as npz"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="also put the figures into this page")
    return parser.parse_args()


def configurations(options: argparse.Namespace) -> list[Configuration]:
    """Return what to compare."""
    if not options.config:
        return list(COMPARED[options.compare])
    pairs = (text.partition("=") for text in options.config)
    return [Configuration(name, json.loads(given or "{}"), options.speaker) for name, _, given in pairs]


def put(figures: str, page: Path) -> None:
    """Replace what stands between the two marks of a Markdown page."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{figures.strip()}\n\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Compose, detect, score, and print."""
    options = arguments()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        work, compared = options.work or Path(folder), configurations(options)
        bench: Bench = prepare(options, work)
        beside = options.compare == "speakers" and not options.config
        scored = score_all(bench, compared, options.jobs, len(compared) if beside else 1)
        if options.save:
            scored.save(options.save)
        reals = [footage(options, work, each) for each in (compared if beside else compared[:1])]
        figures = side_by_side(bench, scored, reals) if beside else report(bench, scored, reals[0])
        print(figures)
        if options.write:
            put(figures, options.write)
    print(f"{time.perf_counter() - begin:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
