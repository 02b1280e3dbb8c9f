"""The corpus report as one HTML page that needs nothing beside it, and as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from slceleb_core.corpus.figures import CorpusFigures, PersonFigures, Spread
from slceleb_core.pages import charts, markup
from slceleb_core.pages.markup import element, paragraph, section, table
from slceleb_core.pages.sheets import Sheet
from slceleb_core.pages.wording import counted, lasting, percent

SHOWN = 30
"""People whose bar is drawn; the table has more."""

ROWS = 500
"""People in the table of the page; the JSON has all."""


def page(figures: CorpusFigures, title: str) -> str:
    """Return the report as an HTML page; `title` is what the corpus is called."""
    return markup.page(f"Corpus {title}", _body(figures, title))


def people_sheet(figures: CorpusFigures) -> Sheet:
    """Return the table of the people."""
    lengths, ratios = (">10 %", ">median", ">90 % [s]"), (">SNR 10 %", ">median", ">90 % [dB]")
    columns = ("person", ">speech", ">videos", ">segments", *lengths, *ratios)
    rows = [[name, *_cells(one)] for name, one in list(figures.persons.items())[:ROWS]]
    more = len(figures.persons) - ROWS
    rest = f" {more:,} more people are in corpus_report.json." if more > 0 else ""
    remark = (
        "Length of a segment, and its signal-to-noise ratio estimated by WADA-SNR: a tenth, a half and nine tenths "
    )
    return Sheet("People", columns, rows, f"{remark}of the segments do not exceed the figure.{rest}")


def lost_sheet(figures: CorpusFigures) -> Sheet:
    """Return the table of what each gate has cost."""
    kept = figures.speech_seconds
    whole = sum(figures.rejected_seconds.values()) + kept
    rows = [
        [gate, lasting(seconds), percent(seconds / whole if whole else None)]
        for gate, seconds in figures.rejected_seconds.items()
    ]
    rows.append(["in the corpus", lasting(kept), percent(kept / whole if whole else None)])
    remark = "Time in which a face is followed, by the first gate that stopped it; segments with their padding."
    return Sheet("Yield", ("gate", ">time", ">part"), rows, remark)


def _cells(one: PersonFigures) -> list[str]:
    lengths, ratios = _spread(one.durations, 1), _spread(one.snr, 0)
    return [lasting(one.seconds), f"{one.sessions:,}", f"{one.segments:,}", *lengths, *ratios]


def _spread(spread: Spread | None, digits: int) -> list[str]:
    if spread is None:
        return ["", "", ""]
    return [f"{value:.{digits}f}" for value in (spread.p10, spread.median, spread.p90)]


def _body(figures: CorpusFigures, title: str) -> Iterator[str]:
    yield element("h1", escape(f"Corpus {title}"))
    yield element("dl", "".join(_tiles(figures)), class_="tiles")
    if not figures.segments:
        yield paragraph("Nobody speaks in this corpus.")
    else:
        yield from _people(figures)
        yield from _distributions(figures)
    if figures.rejected_seconds:
        yield section("Where the time went that is not in the corpus")
        yield from _lost(figures)
    yield section("As data")
    yield element("p", element("a", "corpus_report.json", href="corpus_report.json"))


def _tiles(figures: CorpusFigures) -> Iterator[str]:
    yield _tile("Speech", lasting(figures.speech_seconds), counted(figures.segments, "segment"))
    yield _tile("People", f"{figures.people:,}", _again(figures))
    yield _tile("Videos", f"{figures.videos:,}", f"{figures.videos_with_speech:,} with speech")
    yield _tile("Video looked at", lasting(figures.video_seconds), _share(figures))
    if figures.durations is not None:
        yield _tile("Median segment", f"{figures.durations.median:.1f} s", f"up to {figures.durations.most:.1f} s")
    if figures.snr is not None:
        yield _tile("Median SNR", f"{figures.snr.median:.0f} dB", f"a tenth below {figures.snr.p10:.0f} dB")


def _tile(name: str, value: str, remark: str) -> str:
    return element("div", element("dt", escape(name)) + element("dd", escape(value) + element("small", escape(remark))))


def _again(figures: CorpusFigures) -> str:
    return f"{sum(one.sessions > 1 for one in figures.persons.values()):,} in more than one video"


def _share(figures: CorpusFigures) -> str:
    whole = figures.video_seconds
    return f"{percent(figures.speech_seconds / whole)} of it is in the corpus" if whole else "lengths are not known"


def _people(figures: CorpusFigures) -> Iterator[str]:
    yield section("People")
    rows = [
        charts.Bar(
            name,
            f"{lasting(one.seconds)}, {counted(one.sessions, 'video')}",
            [charts.Part(lasting(one.seconds), one.seconds, "ink-a")],
        )
        for name, one in list(figures.persons.items())[:SHOWN]
    ]
    yield charts.bars(rows, "Speech by person", f"{len(rows)} people, who speaks most first")
    inner = "".join(table(people_sheet(figures)))
    yield element("details", element("summary", "Lengths and noise by person, as a table") + inner)


def _distributions(figures: CorpusFigures) -> Iterator[str]:
    yield section("Segments")
    lengths = charts.histogram(figures.segment_durations, " s", "segments", "Lengths of segments", "ink-a")
    halves = element("div", element("h3", "Length") + lengths)
    if figures.segment_snrs:
        floor = [max(ratio, 0.0) for ratio in figures.segment_snrs]
        ratios = charts.histogram(floor, " dB", "segments", "Signal-to-noise ratios of segments", "ink-c")
        halves += element("div", element("h3", "Signal-to-noise ratio (WADA-SNR)") + ratios)
    yield element("div", halves, class_="halves")


def _lost(figures: CorpusFigures) -> Iterator[str]:
    rows = [
        charts.Bar(gate, lasting(seconds), [charts.Part(lasting(seconds), seconds, "ink-b")])
        for gate, seconds in figures.rejected_seconds.items()
    ]
    yield charts.bars(rows, "Seconds stopped by each gate", "in the order in which gates are asked")
    inner = "".join(table(lost_sheet(figures)))
    yield element("details", element("summary", "As a table") + inner)
