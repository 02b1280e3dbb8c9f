"""What all manifests share: they are written from the whole corpus, aside, and moved into place as a whole.

A manifest is always written anew from what stands in the output folder. So it can be made of a corpus that was built
without it, and made again after something was taken out.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from slceleb_core.corpus.reading import Corpus, Utterance, read_corpus
from slceleb_core.disk.atomic import replacing_folder
from slceleb_core.disk.copying import clone_or_copy, link_or_copy
from slceleb_core.disk.refusals import writing
from slceleb_core.results import Summary
from slceleb_core.stages import Sink, SinkJob, StageConfig

FOLDER = "manifests"
"""Folder of the manifests in an output folder; a subfolder each."""


class ManifestConfig(StageConfig):
    """What most manifests have to know."""

    root: str | None = Field(
        default=None,
        description="What paths begin with in place of the output folder's own absolute path: for a corpus that will "
        "be used somewhere else.",
    )


class ManifestSink(Sink):
    """A sink that writes ``OUTPUT_DIR/manifests/<name>/`` from the whole corpus, and nothing of a single video.

    It is written at the end of a run whose profile names it, by ``slceleb corpus export``, and again whenever something
    is taken out of the corpus: aside, and put in place as a whole. One that has options of its own derives them from
    :class:`ManifestConfig`, or has no option ``root``: then its files are named as they lie here.
    """

    Config: ClassVar[type[StageConfig]] = ManifestConfig

    def start(self, job: SinkJob) -> None:
        """Do nothing: a manifest is about all videos."""

    def commit(self, summary: Summary) -> None:
        """Do nothing."""

    def abort(self) -> None:
        """Do nothing."""

    def collect(self, output_dir: Path) -> None:
        """Write the manifest anew.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        corpus = read_corpus(output_dir)
        target = output_dir / FOLDER / self.name
        with writing(f"to {target}"), replacing_folder(output_dir, target) as folder:
            self.write(corpus, folder)

    @abstractmethod
    def write(self, corpus: Corpus, folder: Path) -> None:
        """Write the manifest of a corpus into an empty folder, which is moved into place afterwards.

        Parameters
        ----------
        corpus
            What stands in the output folder now.
        folder
            Where to; files that are named in it are named by :meth:`placed`.
        """

    def placed(self, path: Path, corpus: Corpus) -> str:
        """Return the path of a file of the corpus as the manifest has to name it."""
        if getattr(self.config, "root", None) is None:
            return str(path.absolute())
        return str(Path(self.config.root) / path.relative_to(corpus.folder))

    def hold(self, audio: Path, corpus: Corpus, folder: Path, file: Path) -> None:
        """Put a cut file into the manifest: a copy, so that an edit of it never reaches the corpus.

        What the manifest that is about to be replaced holds there is taken over, if it is that copy, and nobody has
        written to it: its size and date are still those of the cut file.

        Parameters
        ----------
        audio
            The cut file.
        corpus
            Whose it is.
        folder
            As of :meth:`write`.
        file
            Where it goes in there.
        """
        before = corpus.folder / FOLDER / self.name / file
        if _alike(before, audio):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(before, folder / file)
        else:
            clone_or_copy(audio, folder / file)


def _alike(one: Path, other: Path) -> bool:
    """Tell whether two files that are not the same one have the same size and date."""
    try:
        mine, theirs = one.stat(), other.stat()
    except OSError:
        return False
    alike = (mine.st_size, mine.st_mtime_ns) == (theirs.st_size, theirs.st_mtime_ns)
    return alike and not os.path.samestat(mine, theirs)


def heard(corpus: Corpus) -> Iterator[tuple[Utterance, Path]]:
    """Yield the utterances whose sound has been cut, and where it is."""
    for utterance in corpus.utterances():
        if utterance.audio is not None:
            yield utterance, utterance.audio
