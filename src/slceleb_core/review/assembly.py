"""What the script of a page is given: views put together, with people and totals."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

from slceleb_core.corpus.reading import Corpus
from slceleb_core.review.portraits import Portrait
from slceleb_core.review.views import JsonObject, View

FORMAT = 1
"""Of the data in a page; raised when its script would have to change."""

QUEUE = 200
"""Candidates on the first page of a large corpus: the least certain ones."""


@dataclass(slots=True)
class Gathered:
    """What the first page of a corpus needs of all its videos; nothing large is kept of any.

    Attributes
    ----------
    videos
        What is known of each, with its counts.
    portraits
        The best picture of each person.
    """

    videos: list[JsonObject] = field(default_factory=list)
    portraits: dict[str, Portrait] = field(default_factory=dict)
    _queue: list[tuple[float, int, JsonObject, str | None]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)

    def add(self, view: View, page: str | None = None) -> None:
        """Take a video, with the URL of its own page, if it has one."""
        place = len(self.videos)
        self.videos.append(overview(view, page))
        for person, portrait in view.portraits.items():
            best = self.portraits.get(person)
            if best is None or portrait.quality > best.quality:
                self.portraits[person] = portrait
        for candidate in view.candidates:
            if candidate["kind"] == "segment" and candidate["uncertainty"] is not None:
                self._consider(candidate | {"video": place}, view)

    def queue(self) -> tuple[list[JsonObject], list[str]]:
        """Return the least certain segments of all, and their thumbnails."""
        candidates: list[JsonObject] = []
        thumbs: list[str] = []
        for _, _, candidate, thumb in sorted(self._queue, reverse=True):
            candidates.append(candidate | {"thumb": None if thumb is None else len(thumbs)})
            thumbs += [] if thumb is None else [thumb]
        return candidates, thumbs

    def _consider(self, candidate: JsonObject, view: View) -> None:
        thumb = None if candidate["thumb"] is None else view.thumbs[candidate["thumb"]]
        entry = (-candidate["uncertainty"], -next(self._order), candidate, thumb)
        (heapq.heappush if len(self._queue) < QUEUE else heapq.heappushpop)(self._queue, entry)


def overview(view: View, page: str | None = None) -> JsonObject:
    """Return what is known of a video, without its timeline where it has a page of its own."""
    taken = [candidate for candidate in view.candidates if candidate["kind"] == "segment"]
    counts = {
        "segments": len(taken),
        "rejected": sum(candidate["kind"] == "rejected" for candidate in view.candidates),
        "seconds": round(sum(segment["end"] - segment["start"] for segment in taken), 3),
        "page": page,
    }
    timeline: JsonObject = {} if page is None else {"rows": [], "voice": None, "unshown": 0}
    return {**view.video, **timeline, **counts}


def people_of(corpus: Corpus) -> list[JsonObject]:
    """Return who speaks in a corpus and how much, who speaks most first."""
    people: dict[str, JsonObject] = {}
    for utterance in corpus.utterances():
        person = people.setdefault(utterance.person, {"name": utterance.person, "seconds": 0.0, "segments": 0})
        person["seconds"] += utterance.segment.duration
        person["segments"] += 1
    return sorted(people.values(), key=lambda person: (-person["seconds"], person["name"]))


def pictured(people: Iterable[JsonObject], portraits: dict[str, Portrait]) -> list[JsonObject]:
    """Return people with a picture each, as far as there is one."""
    return [
        person | {"photo": portraits[person["name"]].picture if person["name"] in portraits else None}
        for person in people
    ]


def together(views: Iterable[View]) -> tuple[list[JsonObject], list[JsonObject], list[str], dict[str, Portrait]]:
    """Return the videos, candidates, thumbnails and portraits of several views, as one page holds them."""
    gathered = Gathered()
    candidates: list[JsonObject] = []
    thumbs: list[str] = []
    for place, view in enumerate(views):
        gathered.add(view)
        candidates += [_placed(candidate, place, len(thumbs)) for candidate in view.candidates]
        thumbs += view.thumbs
    return gathered.videos, candidates, thumbs, gathered.portraits


def _placed(candidate: JsonObject, video: int, thumbs: int) -> JsonObject:
    """Return a candidate with its video's place, and its thumbnail's behind so many others."""
    return candidate | {"video": video, "thumb": None if candidate["thumb"] is None else candidate["thumb"] + thumbs}
