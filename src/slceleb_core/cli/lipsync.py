"""``slceleb lipsync``: lips made to fit another sound, with the consent of who is shown."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slceleb_core.cli.options import JsonOption, ProfileOption, SetOption
from slceleb_core.profiles import DEFAULT_PROFILE

if TYPE_CHECKING:
    from slceleb_core.cli.session import Session
    from slceleb_core.generating import Lipsynced
    from slceleb_core.stages import BoundStage

EPILOG = (
    "Nothing is made without the consent of who is shown, and what is made says what it is: by words on every picture, "
    "and by signed content credentials (C2PA). No run takes it in again."
)


def lipsync(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="The recording.", show_default=False)],
    *,
    audio: Annotated[
        Path, typer.Option("--audio", metavar="FILE", help="The sound that lips are to fit.", show_default=False)
    ],
    person: Annotated[str, typer.Option("--person", metavar="NAME", help="Whose face is changed.", show_default=False)],
    poi_dir: Annotated[
        Path, typer.Option("--poi", "--poi-dir", metavar="DIR", help="Photos, as of a run.", show_default=False)
    ],
    model: Annotated[
        Path, typer.Option("--model", metavar="FILE", help="The network, your own file.", show_default=False)
    ],
    consent: Annotated[
        Path, typer.Option("--consent", metavar="FILE", help="The record of their consent.", show_default=False)
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The MP4 to write; VIDEO-lipsync.mp4 here, if not given."),
    ] = None,
    unmarked: Annotated[
        bool, typer.Option("--unmarked", help="Leave out the words on the pictures; the credentials are always there.")
    ] = False,
    generator: Annotated[
        str, typer.Option("--generator", metavar="NAME", help="What makes faces, as `slceleb plugins list` shows it.")
    ] = "wav2lip",
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Accept the terms of the network; it is kept that you have.")
    ] = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a person's lips fit another sound, with their consent."""
    from slceleb_core.cli.console import show_json, tell
    from slceleb_core.cli.session import session
    from slceleb_core.generating import Order, carry_out, check

    target = Path(f"{video.stem}-lipsync.mp4") if output is None else output
    with session() as current:
        checked = check(Order(video, audio, person, poi_dir, consent, target, marked=not unmarked))
        bound = _bound(generator, model)
        _terms(bound, current, accepted=accept_licence)
        pipeline = current.pipeline(profile, overrides or ())
        context = replace(current.settings.stage_context(), models=current.models)
        made = carry_out(checked, pipeline, bound, context, telling=lambda line: tell("note", line))
    for warning in made.warnings:
        tell("warning", warning)
    if as_json:
        show_json({**asdict(made), "output": str(made.output), "consent": str(made.consent)})
    else:
        _show(made, marked=not unmarked)


def _bound(generator: str, model: Path) -> BoundStage:
    """Return the generator with its network."""
    from slceleb_core.profile import bind_stage
    from slceleb_core.registry import Registry

    return bind_stage(Registry.discover(), "generator", generator, {"model": model}, "generator")


def _terms(bound: BoundStage, current: Session, *, accepted: bool) -> None:
    """Say on which terms the network may be used, and accept them where that is asked for."""
    from slceleb_core.cli.console import tell

    for terms in bound.stage.terms:
        tell("note", f"the network is for {terms}")
        if accepted:
            current.models.accept(terms)


def _show(made: Lipsynced, *, marked: bool) -> None:
    from slceleb_core.cli.console import out, say

    say(out, f"{made.output}: {made.seconds:.2f} s, the face changed on {made.changed:,} of {made.frames:,} frames")
    visible = "words on every picture, and " if marked else ""
    say(out, f"marked by {visible}signed content credentials; the consent is kept as {made.consent}")
