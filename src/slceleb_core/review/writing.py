"""Writing the page of a run: all in one file, or with a page a video where there is too much for one.

::

    OUTPUT_DIR/
      report.html            people, timelines and candidates; of many videos the list of them, and the least certain
      report/<name>.html     of many videos: one each, written anew only when its results have changed
"""

from __future__ import annotations

import gc
import hashlib
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from slceleb_core.corpus.reading import Corpus, Recording, read_corpus
from slceleb_core.decision.gates import ORDER
from slceleb_core.disk.atomic import one_of_many
from slceleb_core.disk.output import SOURCE
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.syncing import sync_file_system
from slceleb_core.review.assembly import FORMAT, Gathered, people_of, pictured, together
from slceleb_core.review.page import data_of, page, program
from slceleb_core.review.portraits import Portrait
from slceleb_core.review.views import JsonObject, View, href, view_of
from slceleb_core.settings import processors

ResultT = TypeVar("ResultT")

FILE = "report.html"

QUEUE = "queue.html"
"""The page of what is to be looked at next (``queueing``)."""

FOLDER = "report"

PAGE_VIDEOS, PAGE_CANDIDATES = 24, 1500
"""What one page holds at most; a browser takes a second to show it."""

SWEEP = 100
"""Videos after which pictures that refer to themselves (``thumbnails``) are let go of: of itself that comes late."""


def write_report(output_dir: Path) -> Path:
    """Write the page of an output folder, and return where it is.

    Raises
    ------
    UsageError
        There is no such folder.
    OutputError
        It cannot be written.
    """
    corpus = read_corpus(output_dir)
    with writing(f"the page in {output_dir}"):
        if _is_small(corpus):
            write_page(output_dir / FILE, _whole(corpus))
            shutil.rmtree(output_dir / FOLDER, ignore_errors=True)
        else:
            write_page(output_dir / FILE, _first(corpus, _pages(corpus)))
        sync_file_system(output_dir)
    return output_dir / FILE


def refresh_report(output_dir: Path) -> None:
    """Write the page anew where there is one, so that nothing is left in it of what has been taken out.

    The page of a queue is deleted: what is to be looked at next is another now, and `slceleb review queue` writes it.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    (output_dir / QUEUE).unlink(missing_ok=True)
    if (output_dir / FILE).exists():
        write_report(output_dir)


def _is_small(corpus: Corpus) -> bool:
    videos = corpus.recordings
    if len(videos) > PAGE_VIDEOS:
        return False
    return sum(len(video.utterances) + len(video.report().get("rejected") or ()) for video in videos) <= PAGE_CANDIDATES


def write_page(target: Path, data: JsonObject) -> None:
    """Write a page of some data."""
    target.parent.mkdir(exist_ok=True)
    with one_of_many(target) as aside:
        aside.write_text(page(f"Review of {data['title']}", data), encoding="utf-8", errors="backslashreplace")


def _whole(corpus: Corpus) -> JsonObject:
    views = _at_once(lambda recording: view_of(recording, corpus.folder), corpus)
    videos, candidates, thumbs, portraits = together(views)
    people = pictured(people_of(corpus), portraits)
    return page_data(corpus, people=people, videos=videos, candidates=candidates, thumbs=thumbs)


def _first(corpus: Corpus, gathered: Gathered) -> JsonObject:
    candidates, thumbs = gathered.queue()
    people = pictured(people_of(corpus), gathered.portraits)
    return page_data(corpus, people=people, videos=gathered.videos, candidates=candidates, thumbs=thumbs)


def _pages(corpus: Corpus) -> Gathered:
    """Write a page for each video, delete those of videos that are gone, and return what all of them come to."""
    folder, gathered = corpus.folder / FOLDER, Gathered()
    folder.mkdir(exist_ok=True)
    wanted = {folder / f"{recording.name}.html" for recording in corpus.recordings}
    for stale in set(folder.iterdir()) - wanted:
        stale.unlink()
    views = _at_once(lambda recording: _paged(folder / f"{recording.name}.html", recording, corpus), corpus)
    for recording, view in zip(corpus.recordings, views, strict=True):
        gathered.add(view, href(folder / f"{recording.name}.html", corpus.folder))
    return gathered


def _paged(target: Path, recording: Recording, corpus: Corpus) -> View:
    return _standing(target, recording) or _own_page(target, recording, corpus)


def _at_once(work: Callable[[Recording], ResultT], corpus: Corpus) -> Iterator[ResultT]:
    """Yield what comes of each recording, in order, from a thread a processor: decoding pictures takes no lock."""
    with ThreadPoolExecutor(processors()) as threads:
        for number, result in enumerate(threads.map(work, corpus.recordings), start=1):
            yield result
            if number % SWEEP == 0:
                gc.collect()


def _own_page(target: Path, recording: Recording, corpus: Corpus) -> View:
    view = view_of(recording, corpus.folder)
    videos, candidates, thumbs, portraits = together([view])
    alone = Corpus(corpus.folder, (recording,))
    further = {"stamp": _stamp(recording), "best": {name: portrait.quality for name, portrait in portraits.items()}}
    people = pictured(people_of(alone), portraits)
    write_page(
        target,
        page_data(corpus, people=people, videos=videos, candidates=candidates, thumbs=thumbs)
        | {"title": recording.video.name or recording.name, "root": "../", "up": FILE}
        | further,
    )
    return view


def _standing(target: Path, recording: Recording) -> View | None:
    """Return the view that a page was made of, if its results are still the same: the page is its own memory."""
    data = data_of(target)
    if data is None or data.get("stamp") != _stamp(recording):
        return None
    portraits = {
        person["name"]: Portrait(data["best"][person["name"]], person["photo"])
        for person in data["people"]
        if person["photo"]
    }
    return View(data["videos"][0], data["candidates"], data["thumbs"], portraits)


def _stamp(recording: Recording) -> str:
    """Return what changes when the results of a video, or the program that draws the page, do."""
    gates = "".join(ORDER)
    return hashlib.sha256((program() + gates).encode() + (recording.folder / SOURCE).read_bytes()).hexdigest()


def page_data(corpus: Corpus, **parts: Any) -> JsonObject:
    """Return what the script of a page is given, of its parts."""
    folder = corpus.folder.absolute()
    shown = {"format": FORMAT, "title": folder.name or str(folder), "root": "", "up": None, "gates": list(ORDER)}
    return shown | parts
