"""The page on which a draw is judged: what it shows of each item, and nothing that would tell what to answer.

It is one file that opens from disk, made of the same parts as the review page (``review.page``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from slceleb_core.corpus.reading import Corpus, Recording
from slceleb_core.disk.atomic import write_durably
from slceleb_core.pages.markup import own_text
from slceleb_core.precision.auditing.picturing import pictures_of_people
from slceleb_core.precision.draws import Draw, Item
from slceleb_core.review.page import filled, in_one_scope, style_text
from slceleb_core.review.views import href, read_result

FORMAT = 1
"""Of the data in a page; raised when its script would have to change."""

SCRIPTS = ("review/script/dom.js", *(f"precision/auditing/script/{name}.js" for name in ("store", "player", "main")))
"""In the order in which they build on each other."""

OF_DISPUTED = "-disputed"
"""Behind the name of a page that shows what two reviewers answered differently."""


def page_of(output_dir: Path, draw: Draw) -> Path:
    """Return where the page of a draw is."""
    return output_dir / f"{draw.name}.html"


def disputed_page_of(output_dir: Path, draw: Draw) -> Path:
    """Return where the page is of what two reviewers answered differently."""
    return output_dir / f"{draw.name}{OF_DISPUTED}.html"


def write_page(corpus: Corpus, draw: Draw) -> tuple[Path, int]:
    """Write the page of a draw, and return where it is, and how many items it cannot play.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    return _write(page_of(corpus.folder, draw), corpus, draw, draw.items, settles=False)


def write_disputed(corpus: Corpus, draw: Draw, disputed: Sequence[Item]) -> Path:
    """Write the page of what two reviewers answered differently, and return where it is; errors as of `write_page`."""
    return _write(disputed_page_of(corpus.folder, draw), corpus, draw, disputed, settles=True)[0]


def _write(path: Path, corpus: Corpus, draw: Draw, items: Sequence[Item], *, settles: bool) -> tuple[Path, int]:
    shown = list(_shown(corpus, items))
    folder = corpus.folder.absolute()
    title = f"Audit of {folder.name or folder}"
    data = {
        "format": FORMAT,
        "root": "",
        "draw": draw.name,
        "drawn": draw.moment,
        "settles": settles,
        "items": shown,
        "people": pictures_of_people(corpus, {item.person for item in items}),
    }
    content = filled("precision/auditing/page.html", title, data, _style(), _script())
    write_durably(path, content.encode("utf-8", "backslashreplace"))
    return path, sum(item["url"] is None for item in shown)


@cache
def _style() -> str:
    return style_text() + own_text("precision/auditing/page.css")


@cache
def _script() -> str:
    return in_one_scope(SCRIPTS)


def _shown(corpus: Corpus, items: Iterable[Item]) -> Iterable[dict[str, Any]]:
    """Yield what the page is told of each item: whom it is taken for, and what to play; not why, nor how sure."""
    recordings = {recording.name: recording for recording in corpus.recordings}
    begins: dict[str, float] = {}
    for item in items:
        recording = recordings.get(item.recording)
        played = _nothing() if recording is None else _played(item, recording, corpus.folder, begins)
        yield {"id": item.id, "person": item.person, "start": item.start, "end": item.end, **played}


def _played(item: Item, recording: Recording, folder: Path, begins: dict[str, float]) -> dict[str, Any]:
    """Return what is played of an item: its clip as it was cut, or the video at its times."""
    own = (utterance for utterance in recording.utterances if utterance.id == item.id)
    standing = next((utterance for utterance in own if item.stands_as(utterance.segment)), None)
    clip = None if standing is None else standing.video or standing.audio
    if item.kind == "segment" and clip is not None:
        return {"url": href(clip, folder), "from": 0.0, "until": None}
    if not recording.video.is_file():
        return _nothing()
    begin = begins.setdefault(recording.name, _begin(recording))
    return {"url": href(recording.video, folder), "from": max(item.start - begin, 0.0), "until": item.end - begin}


def _nothing() -> dict[str, Any]:
    return {"url": None, "from": 0.0, "until": None}


def _begin(recording: Recording) -> float:
    """Return PTS seconds at which a player's clock begins."""
    return float((read_result(recording.folder).get("video") or {}).get("start") or 0.0)
