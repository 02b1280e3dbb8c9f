"""A timeline of one video as SVG: a lane for each track, with its speaking score and its segments. Nobody's picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slceleb_core.errors import UsageError
from slceleb_core.review.timeline import ScoredFace, VideoResults, above, stretches_seen

WIDTH, MARGIN, GUTTER = 960.0, 28.0, 176.0
"""Of the whole picture, around it, and of the column of names; in pixels."""

HEAD, FOOT = 88.0, 84.0
"""Heights of title and of axis with legend."""

LANE, CURVE, BAR, SEEN = 118.0, 56.0, 20.0, 5.0
"""Heights of a lane, and in it of the score's range, of a segment, and of the line that says a face is visible."""

INK, FAINT, RULE, PAPER, EDGE = "#1f2328", "#59636e", "#e4e7eb", "#ffffff", "#d1d9e0"
PERSONS = ("#0b6bb5", "#b5520b", "#1a7f5a", "#8b4fa8", "#a8324a", "#4d6a00")
"""Colours of people, in order of appearance; each is readable under white letters."""

NOBODY = "#6e7781"
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds between two marks of the axis; the smallest that leaves them room is taken."""

LETTER = 0.56
"""Width of a letter of a sans-serif face, in its size: a guess that is right on average."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps seconds to pixels."""

    start: float
    end: float

    @property
    def left(self) -> float:
        """Where the time axis begins."""
        return MARGIN + GUTTER

    def x(self, time: float) -> float:
        """Return the place of a time, kept within the axis."""
        part = (min(max(time, self.start), self.end) - self.start) / (self.end - self.start)
        return self.left + part * (WIDTH - MARGIN - self.left)


def _printable(text: object) -> str:
    """Return a text without what XML does not allow."""
    return "".join(c if c.isprintable() else "\ufffd" for c in str(text))


def _add(parent: ET.Element, tag: str, text: object = "", **attributes: object) -> ET.Element:
    """Add an element; ``_`` in the name of an attribute stands for ``-``, numbers are rounded."""
    values = {
        key.rstrip("_").replace("_", "-"): f"{value:.2f}".rstrip("0").rstrip(".")
        if isinstance(value, float)
        else str(value)
        for key, value in attributes.items()
    }
    element = ET.SubElement(parent, tag, values)
    element.text = _printable(text) or None
    return element


def _write(parent: ET.Element, x: float, y: float, text: object, **attributes: object) -> None:
    """Add a text."""
    _add(parent, "text", text, x=x, y=y, **{"fill": INK, "font_size": 13, **attributes})


def draw_timeline(results: VideoResults, target: Path, start: float | None = None, end: float | None = None) -> None:
    """Write the timeline of a video.

    Parameters
    ----------
    results
        What was found in it.
    target
        The SVG file.
    start, end
        PTS seconds of what is drawn; None: from the first frame, to the end of the last.

    Raises
    ------
    UsageError
        There is nothing between them, or the file cannot be written.
    """
    scale = Scale(results.start if start is None else start, results.end if end is None else end)
    if scale.end <= scale.start:
        raise UsageError(f"nothing to draw between {scale.start:g} and {scale.end:g} s", "let it end after it starts")
    svg = _Timeline(results, scale).draw()
    ET.indent(svg)
    try:
        target.write_text(ET.tostring(svg, encoding="unicode") + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror or error}", "choose another file") from None


class _Timeline:
    """The drawing of one video's results."""

    def __init__(self, results: VideoResults, scale: Scale) -> None:
        self.result = result = results.result
        self.scale = scale
        self.runs = stretches_seen(results.frames)
        self.tracks = [track for track in result["tracks"] if self._shown(track)]
        self.segments = [segment for segment in result["segments"] if self._shown(segment)]
        people = list(dict.fromkeys(segment["person"] for segment in self.segments))
        people += [track["person"] for track in self.tracks if track["person"] not in (*people, None)]
        self.colours = {person: PERSONS[n % len(PERSONS)] for n, person in enumerate(dict.fromkeys(people))}
        self.height = HEAD + LANE * max(len(self.tracks), 1) + FOOT

    def _shown(self, stretch: dict[str, Any]) -> bool:
        """Tell whether a part of a track or a segment is drawn."""
        return bool(stretch["start"] < self.scale.end and stretch["end"] > self.scale.start)

    def draw(self) -> ET.Element:
        """Return the picture."""
        size = {"width": f"{WIDTH:g}", "height": f"{self.height:g}", "viewBox": f"0 0 {WIDTH:g} {self.height:g}"}
        names = {"role": "img", "aria-labelledby": "title", "font-family": "sans-serif"}
        svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, **names})
        _add(svg, "title", self._summary(), id="title")
        inner = {"x": 0.5, "y": 0.5, "width": WIDTH - 1, "height": self.height - 1}
        _add(svg, "rect", **inner, rx=12, fill=PAPER, stroke=EDGE)
        self._title(svg)
        self._axis(svg)
        for number, track in enumerate(self.tracks):
            self._lane(svg, HEAD + number * LANE, track)
        self._legend(svg)
        return svg

    def _summary(self) -> str:
        persons = self.result["statistics"]["persons"].items()
        spoken = ", ".join(f"{person} speaks for {said['seconds']:.1f} s" for person, said in persons)
        return f"{self._name()}: {spoken or 'nobody is found speaking'}"

    def _name(self) -> str:
        return Path(self.result["video"]["path"]).name

    def _title(self, svg: ET.Element) -> None:
        _write(svg, MARGIN, 42.0, self._name(), font_size=20, font_weight="bold")
        facts = [
            *(f"{person}: {said['seconds']:.1f} s" for person, said in self.result["statistics"]["persons"].items()),
            f"segments: {len(self.segments)}",
            f"faces followed: {len(self.tracks)}",
            f"frames: {self.result['statistics']['frames']}",
        ]
        _write(svg, MARGIN, 64.0, "  ·  ".join(facts), fill=FAINT)

    def _axis(self, svg: ET.Element) -> None:
        bottom = self.height - FOOT
        for time in self._marks():
            x = self.scale.x(time)
            _add(svg, "line", x1=x, y1=HEAD, x2=x, y2=bottom, stroke=RULE)
            _write(svg, x, bottom + 18, f"{time:g}", fill=FAINT, font_size=12, text_anchor="middle")
        _write(svg, MARGIN, bottom + 18, "seconds", fill=FAINT, font_size=12)

    def _marks(self) -> Iterator[float]:
        length = self.scale.end - self.scale.start
        step = next((mark for mark in STEPS if length / mark <= 12), STEPS[-1])
        number = -int(-self.scale.start // step)
        while number * step <= self.scale.end + 1e-6:
            yield round(number * step, 3)
            number += 1

    def _lane(self, svg: ET.Element, top: float, track: dict[str, Any]) -> None:
        colour = self._colour(track)
        _add(svg, "line", x1=MARGIN, y1=top, x2=WIDTH - MARGIN, y2=top, stroke=EDGE)
        self._label(svg, top, track, colour)
        self._levels(svg, top)
        stretches = [
            inside
            for run in self.runs.get(track["id"], [])
            if (inside := [face for face in run if face.end > self.scale.start and face.start < self.scale.end])
        ]
        for stretch in stretches:
            self._visible(svg, top, stretch)
            self._curve(svg, top, stretch, colour)
            self._passed_over(svg, top, stretch, track)
        for segment in self.segments:
            if segment["track"] == track["id"]:
                self._segment(svg, top, segment, colour)

    def _colour(self, track: dict[str, Any]) -> str:
        own = next((segment["person"] for segment in self.segments if segment["track"] == track["id"]), track["person"])
        return self.colours.get(own, NOBODY)

    @staticmethod
    def _label(svg: ET.Element, top: float, track: dict[str, Any], colour: str) -> None:
        compared = track["similarity"] is not None
        name = track["person"] or ("nobody known" if compared else f"track-{track['id']:04d}")
        room = int((GUTTER - 28) / (15 * LETTER))
        shown = name if len(name) <= room else f"{name[: room - 1]}…"
        _write(svg, MARGIN, top + 34, shown, font_size=14, font_weight="bold", fill=colour)
        _write(svg, MARGIN, top + 53, f"track {track['id']}", fill=FAINT, font_size=12)
        if compared:
            _write(svg, MARGIN, top + 70, f"similarity {track['similarity']:.2f}", fill=FAINT, font_size=12)

    def _y(self, top: float, score: float) -> float:
        return top + 20 + (1 - score) * CURVE

    def _levels(self, svg: ET.Element, top: float) -> None:
        onset = float(self.result["profile"]["segments"]["onset"])
        ends = {"x1": self.scale.left, "x2": WIDTH - MARGIN}
        base, line = self._y(top, 0.0), self._y(top, onset)
        _add(svg, "line", **ends, y1=base, y2=base, stroke=EDGE)
        _add(svg, "line", **ends, y1=line, y2=line, stroke=FAINT, stroke_dasharray="2 4", stroke_opacity=0.7)
        for score, y in ((0, base), (onset, line), (1, self._y(top, 1.0))):
            _write(svg, self.scale.left - 8, y + 4, f"{score:g}", fill=FAINT, font_size=11, text_anchor="end")

    def _visible(self, svg: ET.Element, top: float, stretch: list[ScoredFace]) -> None:
        left, right = self.scale.x(stretch[0].start), self.scale.x(stretch[-1].end)
        place = {"x": left, "y": top + 8, "width": max(right - left, 1.0), "height": SEEN}
        _add(svg, "rect", **place, rx=2, fill=NOBODY, fill_opacity=0.45)

    def _curve(self, svg: ET.Element, top: float, stretch: list[ScoredFace], colour: str) -> None:
        points = [(x, self._y(top, score)) for x, score in self._thinned(stretch)]
        if not points:
            return
        if len(points) == 1:
            points.append((points[0][0] + 1, points[0][1]))
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        base = self._y(top, 0.0)
        area = f"M{points[0][0]:.1f} {base:.1f}L{line}L{points[-1][0]:.1f} {base:.1f}Z"
        _add(svg, "path", d=area, fill=colour, fill_opacity=0.16)
        _add(svg, "path", d=f"M{line}", fill="none", stroke=colour, stroke_width=1.8, stroke_linejoin="round")

    def _thinned(self, stretch: list[ScoredFace]) -> Iterator[tuple[float, float]]:
        """Yield x and score; of faces that fall into one pixel the mean, for more could not be seen."""
        pixels: dict[int, list[tuple[float, float]]] = {}
        for face in stretch:
            if face.speaking is not None:
                x = self.scale.x((face.start + face.end) / 2)
                pixels.setdefault(int(x), []).append((x, float(face.speaking)))
        for inside in pixels.values():
            yield sum(x for x, _ in inside) / len(inside), sum(score for _, score in inside) / len(inside)

    def _passed_over(self, svg: ET.Element, top: float, stretch: list[ScoredFace], track: dict[str, Any]) -> None:
        """Outline where the score was high enough and no segment came of it."""
        rules = self.result["profile"]["segments"]
        for high in above(stretch, float(rules["onset"])):
            start, end = high[0].start, high[-1].end
            if any(s["track"] == track["id"] and s["start"] < end and s["end"] > start for s in self.segments):
                continue
            left, right = self.scale.x(start), self.scale.x(end)
            y, width = top + 20 + CURVE + 9.5, max(right - left - 1, 1.0)
            place = {"x": left + 0.5, "y": y, "width": width, "height": BAR - 1}
            _add(svg, "rect", **place, rx=4, fill="none", stroke=NOBODY, stroke_dasharray="3 3")
            why = "too short" if end - start < rules["min_on"] else "not taken"
            if len(why) * 11 * LETTER <= width:
                _write(svg, left + width / 2, y + BAR - 6.5, why, fill=FAINT, font_size=11, text_anchor="middle")

    def _segment(self, svg: ET.Element, top: float, segment: dict[str, Any], colour: str) -> None:
        left, right = self.scale.x(segment["start"]), self.scale.x(segment["end"])
        y, width = top + 20 + CURVE + 9, max(right - left, 2.0)
        group = _add(svg, "g")
        _add(group, "title", f"{segment['id']}: {segment['person']}, {segment['start']:.2f} to {segment['end']:.2f} s")
        _add(group, "rect", x=left, y=y, width=width, height=BAR, rx=4, fill=colour)
        texts = (f"{segment['person']}  {segment['duration']:.1f} s", f"{segment['duration']:.1f} s")
        fitting = next((text for text in texts if len(text) * 12 * LETTER + 10 <= width), "")
        if fitting:
            style = {"fill": PAPER, "font_size": 12, "font_weight": "bold", "text_anchor": "middle"}
            _write(group, left + width / 2, y + BAR - 6, fitting, **style)

    def _legend(self, svg: ET.Element) -> None:
        y, x = self.height - 26, MARGIN
        colour = next(iter(self.colours.values()), NOBODY)
        _add(svg, "rect", x=x, y=y - 8, width=26, height=SEEN, rx=2, fill=NOBODY, fill_opacity=0.45)
        _add(svg, "path", d=f"M{x + 130} {y - 1}l9 -8 8 5 9 -6", fill="none", stroke=colour, stroke_width=1.8)
        _add(svg, "path", d=f"M{x + 284} {y - 4.5}h26", stroke=FAINT, stroke_dasharray="2 4")
        _add(svg, "rect", x=x + 498, y=y - 11, width=26, height=13, rx=4, fill=colour)
        dashed = {"fill": "none", "stroke": NOBODY, "stroke_dasharray": "3 3"}
        _add(svg, "rect", x=x + 628, y=y - 11.5, width=26, height=13, rx=4, **dashed)
        texts = ("face visible", "speaking score", "onset: a segment begins", "segment", "dropped")
        for offset, text in zip((34, 164, 318, 532, 662), texts, strict=True):
            _write(svg, x + offset, y, text, fill=FAINT, font_size=12)
