"""``slceleb corpus``: what stands in an output folder as a corpus, and what is done with it."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from slceleb_core.cli.options import DONE, FAILED, JsonOption, completing

app = typer.Typer(
    name="corpus", help="Report on a finished corpus, split it, export it, take from it.", no_args_is_help=True
)

OutputDir = Annotated[
    Path, typer.Argument(metavar="OUTPUT_DIR", help="The output folder of slceleb run.", show_default=False)
]

RootOption = Annotated[
    str | None,
    typer.Option(
        "--root", metavar="PREFIX", help="What paths begin with in place of the output folder's own absolute path."
    ),
]


class By(str, Enum):
    """What lists are not to share."""

    VIDEO = "video"
    PERSON = "person"


def manifest_names() -> list[str]:
    """Return the names of the forms that a corpus can be exported to, plugins' included."""
    from slceleb_core.manifests.collecting import collects
    from slceleb_core.registry import Registry
    from slceleb_core.stages import Sink

    return [known.name for known in Registry.discover() if issubclass(known.stage, Sink) and collects(known.stage)]


@app.callback()
def root() -> None:
    """Keep every command one of its own."""


@app.command()
def report(output_dir: OutputDir, *, as_json: JsonOption = False) -> None:
    """Say what a corpus holds: people, hours, lengths, noise, and what each gate has cost; also as a page."""
    from slceleb_core.cli.console import afterwards
    from slceleb_core.cli.corpus_tables import show_report
    from slceleb_core.cli.session import corpus_session
    from slceleb_core.corpus.reports import write_corpus_report

    with corpus_session(output_dir):
        figures = write_corpus_report(output_dir)
    with afterwards():
        show_report(figures, output_dir, as_json=as_json)


@app.command()
def datasheet(output_dir: OutputDir) -> None:
    """Write DATASHEET.md: what a corpus is, how it was made, licences, models, and how often its labels are right."""
    from slceleb_core.cli.console import afterwards, out, say
    from slceleb_core.cli.session import corpus_session
    from slceleb_core.corpus.datasheets import write_datasheet

    with corpus_session(output_dir):
        path = write_datasheet(output_dir)
    with afterwards():
        say(out, path)


@app.command()
def split(
    output_dir: OutputDir,
    *,
    dev: Annotated[float, typer.Option("--dev", min=0.0, max=1.0, help="Part of the speech for development.")] = 0.1,
    test: Annotated[float, typer.Option("--test", min=0.0, max=1.0, help="Part of the speech for tests.")] = 0.1,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, other lists; the same one, the same.")] = 0,
    by: Annotated[By, typer.Option("--by", help="What lists do not share: videos, or speakers too.")] = By.VIDEO,
    root: RootOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make train, dev and test lists that share no video, in OUTPUT_DIR/splits."""
    from slceleb_core.cli.console import afterwards
    from slceleb_core.cli.corpus_tables import show_split
    from slceleb_core.cli.session import corpus_session
    from slceleb_core.corpus.duplicates import read_duplicates
    from slceleb_core.corpus.lists import write_split
    from slceleb_core.corpus.reading import read_corpus
    from slceleb_core.corpus.splitting import split as divided

    with corpus_session(output_dir):
        corpus = read_corpus(output_dir)
        made = divided(corpus, dev, test, seed, by.value, read_duplicates(output_dir))
        folder = write_split(corpus, made, root)
    with afterwards():
        show_split(made, corpus, folder, as_json=as_json)


@app.command()
def dedupe(output_dir: OutputDir, *, as_json: JsonOption = False) -> None:
    """Find videos that hold the same speech, re-encoded, cut or made louder; they are listed, nothing is removed."""
    from slceleb_core.cli.console import afterwards
    from slceleb_core.cli.corpus_tables import show_duplicates
    from slceleb_core.cli.session import corpus_session
    from slceleb_core.corpus.duplicates import find_duplicates, write_duplicates
    from slceleb_core.corpus.reading import read_corpus

    with corpus_session(output_dir):
        found = find_duplicates(read_corpus(output_dir))
        write_duplicates(output_dir, found)
    with afterwards():
        show_duplicates(found, as_json=as_json)


@app.command()
def export(
    output_dir: OutputDir,
    *,
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            metavar="NAME",
            help="A form: audiofolder, kaldi, lhotse, parquet, provenance, rttm, voxceleb, or a sink of a plugin that "
            "writes about a whole corpus; can be repeated.",
            autocompletion=completing(manifest_names),
            show_default=False,
        ),
    ],
    root: RootOption = None,
) -> None:
    """Write manifests of a finished corpus, in OUTPUT_DIR/manifests."""
    from slceleb_core.cli.console import afterwards, out, say
    from slceleb_core.cli.session import corpus_session
    from slceleb_core.manifests.exporting import export as written
    from slceleb_core.registry import Registry

    with corpus_session(output_dir):
        for folder in written(output_dir, to, root, Registry.discover()):
            with afterwards():
                say(out, f"wrote {folder}")


@app.command()
def remove(
    output_dir: OutputDir,
    *,
    person: Annotated[
        str | None, typer.Option("--person", metavar="NAME", help="Take out everything of this person.")
    ] = None,
    video: Annotated[
        str | None,
        typer.Option("--video", metavar="NAME|FILE", help="Take out everything of this video: its folder or file."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for removals.jsonl.")] = "",
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who decided it.  [default: the user's name]")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how much it is; do nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take a person or a video out of a corpus, with its manifests, pages, books and intermediate results."""
    from slceleb_core.cli import corpus_removal
    from slceleb_core.cli.console import afterwards

    wanted = corpus_removal.Wanted(output_dir, person, video, reason, by)
    outcome = corpus_removal.preview(wanted) if dry_run else corpus_removal.carry_out(wanted)
    with afterwards():
        corpus_removal.show(outcome, wanted, dry_run=dry_run, as_json=as_json)
    raise typer.Exit(FAILED if outcome.left else DONE)
