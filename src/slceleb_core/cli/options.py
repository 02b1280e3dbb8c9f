"""Options that several commands share, their completion, and the exit codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from slceleb_core.models import Terms

DONE, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; a video failed or a check found an error; the command cannot work; Ctrl-C (128 + SIGINT)."""

FROM_OUTPUT_DIR = "."
"""What ``--resume`` stands for without a file: the checkpoint of ``--output-dir``."""


def completing(names: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return a completion callback over names, which are looked up only when a shell asks."""

    def complete(incomplete: str) -> list[str]:
        return [name for name in names() if name.startswith(incomplete)]

    return complete


def profile_names() -> list[str]:
    """Return the shipped profiles and the YAML files of this folder."""
    from slceleb_core.profile import shipped_profiles

    return shipped_profiles() + sorted(str(path) for path in Path().glob("*.y*ml"))


def stage_names() -> list[str]:
    """Return the names of the installed stages, and of the plugins that are broken."""
    from slceleb_core.registry import Registry

    registry = Registry.discover()
    return sorted({registered.name for registered in registry} | {broken.origin.plugin for broken in registry.broken})


def role_names() -> list[str]:
    """Return what a plugin can be."""
    from slceleb_core.registry import ROLES

    return list(ROLES)


def runner_names() -> list[str]:
    """Return the names of the installed runners."""
    from slceleb_core.registry import Registry

    return Registry.discover().names("runner")


def redone_stages() -> list[str]:
    """Return the stages from which on results can be made anew."""
    from slceleb_core.jobs import REDONE

    return list(REDONE)


def model_names() -> list[str]:
    """Return the names of the model files that an installed stage may need."""
    from slceleb_core.registry import Registry

    return sorted({file.name for registered in Registry.discover() for file in registered.stage.model_files})


def terms_of_models() -> list[Terms]:
    """Return the terms of the model files that an installed stage may need."""
    from slceleb_core.registry import Registry

    stages = [registered.stage for registered in Registry.discover()]
    of_files = (file.terms for stage in stages for file in stage.model_files if file.terms is not None)
    of_own = (terms for stage in stages for terms in stage.terms)
    return list(dict.fromkeys((*of_files, *of_own)))


def terms_names() -> list[str]:
    """Return the names of those terms."""
    return sorted(terms.name for terms in terms_of_models())


ProfileOption = Annotated[
    str,
    typer.Option(
        "--profile",
        "-p",
        metavar="NAME|FILE",
        help="A shipped profile, or a YAML file.",
        autocompletion=completing(profile_names),
    ),
]

ProfileArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME|FILE", help="A shipped profile, or a YAML file.", autocompletion=completing(profile_names)
    ),
]

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Override one value of the profile, such as embed.options.model=buffalo_l; can be repeated.",
    ),
]

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else there.")]
