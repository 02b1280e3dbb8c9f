"""A page of chosen segments, in the order in which they are to be looked at: ``OUTPUT_DIR/queue.html``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from slceleb_core.corpus.reading import Corpus, read_corpus
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.syncing import sync_file_system
from slceleb_core.review.assembly import people_of, pictured, together
from slceleb_core.review.views import JsonObject, View, view_of
from slceleb_core.review.writing import QUEUE, page_data, write_page

SHOWS_A_VERDICT = ("gates", "uncertainty", "tightest", "decisive")
"""What of a candidate says how sure the program is of it: whoever sees that is led by it."""


def write_queue(output_dir: Path, segments: Sequence[str], title: str, *, blind: bool) -> Path:
    """Write the page of some segments, and return where it is.

    Parameters
    ----------
    output_dir
        The corpus.
    segments
        Ids, in the order in which they are shown.
    title
        What it is called.
    blind
        Whether nothing is shown of how sure the program is: where decisions are to prove how often it is right.

    Raises
    ------
    UsageError
        There is no such folder.
    OutputError
        It cannot be written.
    """
    corpus, places = read_corpus(output_dir), {key: place for place, key in enumerate(segments)}
    views = [_chosen(view, places, blind=blind) for view in _views(corpus, places)]
    videos, candidates, thumbs, portraits = together(views)
    named = {candidate["person"] for candidate in candidates}
    people = [person for person in pictured(people_of(corpus), portraits) if person["name"] in named]
    candidates.sort(key=lambda candidate: places[candidate["id"]])
    data = page_data(corpus, people=people, videos=videos, candidates=candidates, thumbs=thumbs)
    with writing(f"the page in {output_dir}"):
        write_page(output_dir / QUEUE, data | {"title": title, "queue": True, "blind": blind, "up": None})
        sync_file_system(output_dir)
    return output_dir / QUEUE


def _views(corpus: Corpus, places: dict[str, int]) -> Iterator[View]:
    for recording in corpus.recordings:
        if any(utterance.id in places for utterance in recording.utterances):
            yield view_of(recording, corpus.folder)


def _chosen(view: View, places: dict[str, int], *, blind: bool) -> View:
    """Return a view of those of its segments that are in the queue."""
    chosen = [
        candidate | {"place": places[candidate["id"]]} for candidate in view.candidates if candidate["id"] in places
    ]
    if not blind:
        return replace(view, candidates=chosen)
    video: JsonObject = {**view.video, "rows": [], "voice": None, "unshown": 0}
    hidden = [candidate | {"gates": []} | dict.fromkeys(SHOWS_A_VERDICT[1:]) for candidate in chosen]
    return replace(view, video=video, candidates=hidden)
