"""``DATASHEET.md``: what a corpus is, how it came to be, and how far it can be trusted, for whoever is handed it.

The headings are those of Gebru et al., Datasheets for Datasets, Communications of the ACM 64, 2021. What the program
does not know stands there as not known. No path of the machine is in it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from slceleb_core import __version__
from slceleb_core.corpus.audit_sheets import audit_lines, audit_sheets
from slceleb_core.corpus.audits import read_audits, since
from slceleb_core.corpus.figures import rejected_seconds
from slceleb_core.corpus.provenance import Model, Origin, origin_of
from slceleb_core.corpus.reading import Corpus, read_corpus
from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.output import statement_of
from slceleb_core.disk.removals import read_removals
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.pages.markdown import rendered_markdown
from slceleb_core.pages.sheets import Sheet
from slceleb_core.pages.wording import counted, lasting

FILE = "DATASHEET.md"

ROWS = 100
"""People in the table; the corpus report has all."""

VALUES = 20
"""Values of a column of the list that are shown, the most frequent ones."""

STATED = {
    "licence": re.compile("licen[cs]e|copyright|rights", re.IGNORECASE),
    "consent": re.compile("consent", re.IGNORECASE),
}
"""By what is asked of a list: the columns that say what may be done with a video."""

NOT_STATED = "not stated"


def write_datasheet(output_dir: Path) -> Path:
    """Write the datasheet of a corpus, and return where it is.

    Raises
    ------
    UsageError
        There is no such folder, or its audits are damaged.
    OutputError
        It cannot be written.
    """
    path = output_dir / FILE
    write_durably(path, datasheet_of(read_corpus(output_dir)).encode("utf-8", "backslashreplace"))
    return path


def refresh_datasheet(output_dir: Path) -> None:
    """Write the datasheet anew where there is one; errors as of :func:`write_datasheet`."""
    if (output_dir / FILE).exists():
        write_datasheet(output_dir)


def datasheet_of(corpus: Corpus) -> str:
    """Return the datasheet of a corpus, as Markdown."""
    origins = [origin_of(recording) for recording in corpus.recordings]
    audits = read_audits(corpus.folder)
    seconds = sum(utterance.segment.duration for utterance in corpus.utterances())
    removals = Counter(removal.kind for removal in read_removals(corpus.folder))
    return rendered_markdown(
        "corpus/datasheet.md",
        title=corpus.folder.absolute().name,
        day=utc_timestamp()[:10],
        version=__version__,
        amount=f"{counted(len(list(corpus.utterances())), 'segment')}, {lasting(seconds)}",
        videos=counted(len(corpus.recordings), "video"),
        people=f"{len(corpus.persons()):,}",
        persons=_people(corpus),
        audits=[(audit_lines(audit, since(audit.population, corpus)), audit_sheets(audit)) for audit in audits],
        stopped=_stopped(corpus),
        columns=_stated(corpus),
        unstated=_unstated(corpus),
        further=", ".join(name for name in _facts(corpus) if not _asked(name)),
        models=_models(origins),
        plugins=sorted({plugin for origin in origins for plugin in origin.plugins}),
        gates=_gates(corpus),
        profiles=len({origin.profile for origin in origins}),
        decided=_decided(corpus),
        removed=counted(removals["person"], "name"),
        removed_videos=counted(removals["video"], "video"),
    )


# What stands in it --------------------------------------------------------------------------------------------------


def _people(corpus: Corpus) -> Sheet:
    seconds: defaultdict[str, float] = defaultdict(float)
    segments: Counter[str] = Counter()
    videos: dict[str, set[str]] = {}
    for utterance in corpus.utterances():
        seconds[utterance.person] += utterance.segment.duration
        segments[utterance.person] += 1
        videos.setdefault(utterance.person, set()).add(utterance.recording)
    rows = [
        [person, lasting(amount), f"{segments[person]:,}", f"{len(videos[person]):,}"]
        for person, amount in sorted(seconds.items(), key=lambda item: (-item[1], item[0]))
    ]
    more = f"{len(rows) - ROWS:,} more people are in the corpus report." if len(rows) > ROWS else ""
    return Sheet("People", ("person", ">speech", ">segments", ">videos"), rows[:ROWS], more)


def _stopped(corpus: Corpus) -> Sheet:
    rows = [[gate, lasting(seconds)] for gate, seconds in rejected_seconds(corpus).items()]
    return Sheet("Left out", ("gate", ">time"), rows)


def _stated(corpus: Corpus) -> list[Sheet]:
    """Return a table for each column of the list that says what may be done with a video."""
    return [_column(corpus, name) for name in _facts(corpus) if _asked(name)]


def _unstated(corpus: Corpus) -> list[str]:
    """Return what no column of the list says."""
    told = {about for name in _facts(corpus) for about in _asked(name)}
    return [about for about in STATED if about not in told]


def _asked(name: str) -> list[str]:
    """Return what a column of the list answers."""
    return [about for about, pattern in STATED.items() if pattern.search(name)]


def _facts(corpus: Corpus) -> list[str]:
    """Return the further columns of the list, in order of name."""
    return sorted({name for recording in corpus.recordings for name in recording.facts})


def _column(corpus: Corpus, name: str) -> Sheet:
    counts = Counter(recording.facts.get(name) or NOT_STATED for recording in corpus.recordings)
    rows = [[value, f"{count:,}"] for value, count in counts.most_common(VALUES)]
    more = f"{len(counts) - VALUES:,} more values are in the list." if len(counts) > VALUES else ""
    return Sheet(name, (name, ">videos"), rows, more)


def _models(origins: Iterable[Origin]) -> Sheet:
    used: Counter[Model] = Counter(model for origin in origins for model in origin.models)
    rows = [
        [Path(model.name).name, model.licence or NOT_STATED, model.sha256[:16] or NOT_STATED, f"{count:,}"]
        for model, count in sorted(used.items(), key=lambda item: item[0].name)
    ]
    return Sheet("Models", ("model", "licence", "sha256 begins with", ">videos"), rows)


def _gates(corpus: Corpus) -> Sheet:
    """Return the limits that the segments had to pass; where videos were judged differently, each of them."""
    limits: dict[str, dict[str, None]] = {}
    for utterance in corpus.utterances():
        for gate in utterance.segment.gates:
            known = "none" if gate.limit is None else f"{'≥' if gate.comparison == '>=' else '≤'} {gate.limit:g}"
            limits.setdefault(gate.name, {})[known] = None
    return Sheet("Gates", ("gate", "limit"), [[gate, ", ".join(known)] for gate, known in limits.items()])


def _decided(corpus: Corpus) -> Mapping[str, int]:
    """Return how many segments people have accepted and rejected on the review page."""
    counts = Counter({"accept": 0, "reject": 0})
    for recording in corpus.recordings:
        entries: Any = statement_of(recording.folder).get("review") or {}
        counts.update(str(entry.get("decision")) for entry in entries.values())
    return {name: counts[name] for name in ("accept", "reject")}
