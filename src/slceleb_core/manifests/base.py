"""What all manifests share: they are written from the whole corpus, aside, and moved into place as a whole.

A manifest is always written anew from what stands in the output folder. So it can be made of a corpus that was built
without it, and made again after something was taken out.
"""

from __future__ import annotations

import os
import shutil
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from slceleb_core.corpus.reading import Corpus, Utterance, read_corpus
from slceleb_core.disk.output import writing
from slceleb_core.results import Summary
from slceleb_core.stages import Sink, SinkJob, StageConfig
from slceleb_core.swapping import replacing_folder

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
    """A sink that writes ``OUTPUT_DIR/manifests/<name>/`` from the whole corpus."""

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
        """Write the manifest of a corpus into an empty folder, which is moved into place afterwards."""

    def placed(self, path: Path, corpus: Corpus) -> str:
        """Return the path of a file of the corpus as the manifest has to name it."""
        if self.config.root is None:
            return str(path.absolute())
        return str(Path(self.config.root) / path.relative_to(corpus.folder))


def heard(corpus: Corpus) -> Iterator[tuple[Utterance, Path]]:
    """Yield the utterances whose sound has been cut, and where it is."""
    for utterance in corpus.utterances():
        if utterance.audio is not None:
            yield utterance, utterance.audio


def linked(source: Path, target: Path) -> None:
    """Let `target` be the same file as `source`; a copy where the file system has no hard links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
