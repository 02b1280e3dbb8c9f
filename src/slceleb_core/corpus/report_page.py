"""The corpus report as one HTML page that needs nothing beside it, and as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from slceleb_core.corpus.audit_sheets import at_least, audit_lines, audit_sheets
from slceleb_core.corpus.figures import Audited, CorpusFigures, PersonFigures, Spread
from slceleb_core.corpus.strangers import Nearness, StrangerFigures
from slceleb_core.pages import charts
from slceleb_core.pages.markup import rendered
from slceleb_core.pages.sheets import Sheet, Tile
from slceleb_core.pages.wording import counted, lasting, percent

SHOWN = 30
"""People whose bar is drawn; the table has more."""

ROWS = 500
"""People in the table of the page; the JSON has all."""


def page(figures: CorpusFigures, title: str) -> str:
    """Return the report as an HTML page; `title` is what the corpus is called."""
    return rendered(
        "corpus/report_page.html",
        title=f"Corpus {title}",
        figures=figures,
        tiles=list(_tiles(figures)),
        people=_people_chart(figures),
        people_sheet=people_sheet(figures),
        distributions=list(_distributions(figures)),
        lost=_lost_chart(figures),
        lost_sheet=lost_sheet(figures),
        audits=[(audit_lines(audited.audit, audited.since), audit_sheets(audited.audit)) for audited in figures.audits],
        strangers=None if figures.strangers is None else strangers_sheet(figures.strangers),
    )


def people_sheet(figures: CorpusFigures) -> Sheet:
    """Return the table of the people."""
    lengths, ratios = (">10 %", ">median", ">90 % [s]"), (">SNR 10 %", ">median", ">90 % [dB]")
    columns = ("person", ">speech", ">videos", ">segments", *lengths, *ratios)
    rows = [[name, *_cells(person)] for name, person in list(figures.persons.items())[:ROWS]]
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


def strangers_sheet(strangers: StrangerFigures) -> Sheet:
    """Return the table of how near strangers come to the people of the gallery."""
    columns = ("person", ">comparisons", ">median", ">spread", ">1 % exceed")
    rows = [_nearness(name, person) for name, person in list(strangers.persons.items())[:ROWS]]
    told = f"{counted(strangers.tracks, 'track')} of nobody, in deviations of what the recognizer's calibration says; "
    told += "0, 1 and 2.3 are expected, and higher figures are of people whom strangers resemble. "
    raised = counted(strangers.videos_raised, "video")
    return Sheet(
        "Strangers",
        columns,
        [*rows, _nearness("everybody", strangers.whole)],
        f"{told}The point was raised in {raised}.",
    )


def _nearness(name: str, found: Nearness) -> list[str]:
    return [name, f"{found.comparisons:,}", f"{found.median:+.1f}", f"{found.spread:.1f}", f"{found.near:+.1f}"]


def _cells(person: PersonFigures) -> list[str]:
    lengths, ratios = _spread(person.durations, 1), _spread(person.snr, 0)
    return [lasting(person.seconds), f"{person.sessions:,}", f"{person.segments:,}", *lengths, *ratios]


def _spread(spread: Spread | None, digits: int) -> list[str]:
    if spread is None:
        return ["", "", ""]
    return [f"{value:.{digits}f}" for value in (spread.p10, spread.median, spread.p90)]


def _tiles(figures: CorpusFigures) -> Iterator[Tile]:
    yield Tile("Speech", lasting(figures.speech_seconds), counted(figures.segments, "segment"))
    yield Tile("People", f"{figures.people:,}", _again(figures))
    yield Tile("Videos", f"{figures.videos:,}", f"{figures.videos_with_speech:,} with speech")
    yield Tile("Video looked at", lasting(figures.video_seconds), _share(figures))
    if figures.audits:
        yield _precision(figures.audits[0])
    if figures.durations is not None:
        yield Tile("Median segment", f"{figures.durations.median:.1f} s", f"up to {figures.durations.most:.1f} s")
    if figures.snr is not None:
        yield Tile("Median SNR", f"{figures.snr.median:.0f} dB", f"a tenth below {figures.snr.p10:.0f} dB")


def _precision(audited: Audited) -> Tile:
    """Return what the latest audit says, and whether it is of what stands now."""
    share, day = audited.audit.strict, audited.audit.drawn[:10]
    stale = "" if audited.since.nothing else "; changed since"
    return Tile("Audited precision", percent(share.estimate), f"at least {at_least(share)}, {day}{stale}")


def _again(figures: CorpusFigures) -> str:
    return f"{sum(person.sessions > 1 for person in figures.persons.values()):,} in more than one video"


def _share(figures: CorpusFigures) -> str:
    whole = figures.video_seconds
    return f"{percent(figures.speech_seconds / whole)} of it is in the corpus" if whole else "lengths are not known"


def _people_chart(figures: CorpusFigures) -> charts.Chart:
    rows = [
        charts.Bar(
            name,
            f"{lasting(person.seconds)}, {counted(person.sessions, 'video')}",
            [charts.Part(lasting(person.seconds), person.seconds, "ink-a")],
        )
        for name, person in list(figures.persons.items())[:SHOWN]
    ]
    return charts.bars(rows, "Speech by person", f"{len(rows)} people, who speaks most first")


def _distributions(figures: CorpusFigures) -> Iterator[tuple[str, charts.Chart]]:
    """Yield how the segments are spread, each chart with its heading."""
    if figures.segment_durations:
        lengths = figures.segment_durations
        yield "Length", charts.histogram(lengths, " s", "segments", "Lengths of segments", "ink-a")
    if figures.segment_snrs:
        floor = [max(ratio, 0.0) for ratio in figures.segment_snrs]
        chart = charts.histogram(floor, " dB", "segments", "Signal-to-noise ratios of segments", "ink-c")
        yield "Signal-to-noise ratio (WADA-SNR)", chart


def _lost_chart(figures: CorpusFigures) -> charts.Chart:
    rows = [
        charts.Bar(gate, lasting(seconds), [charts.Part(lasting(seconds), seconds, "ink-b")])
        for gate, seconds in figures.rejected_seconds.items()
    ]
    return charts.bars(rows, "Seconds stopped by each gate", "in the order in which gates are asked")
