"""``slceleb doctor``: whether this machine can run the pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from slceleb_core.cli.options import DONE, FAILED, JsonOption, completing, profile_names

if TYPE_CHECKING:
    from slceleb_core.doctor.checks import Finding
    from slceleb_core.models import ModelStore
    from slceleb_core.registry import Registry

DoctorProfile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        "-p",
        metavar="NAME|FILE",
        help="Ask the stages of this profile for what they lack, model files included.",
        autocompletion=completing(profile_names),
    ),
]


def doctor(*, profile: DoctorProfile = None, as_json: JsonOption = False) -> None:
    """Look for what keeps the pipeline from running on this machine; exit code 1 when something does."""
    from slceleb_core.cli.console import show_json
    from slceleb_core.cli.session import session
    from slceleb_core.doctor.checks import check
    from slceleb_core.registry import Registry

    registry = Registry.discover()
    with session() as current:
        findings = [*_broken(registry), *check([registered.stage for registered in registry], current.settings)]
        findings += [] if profile is None else _of_profile(profile, registry, current.models)
    if as_json:
        show_json({"findings": [asdict(finding) for finding in findings]})
    else:
        _show(findings)
    raise typer.Exit(FAILED if any(finding.level == "error" for finding in findings) else DONE)


def _broken(registry: Registry) -> Iterator[Finding]:
    """Yield a finding for each plugin that does not load."""
    from slceleb_core.doctor.checks import Finding

    for broken in registry.broken:
        remedy = f"slceleb plugins show {broken.origin.plugin}"
        yield Finding("error", f"plugin {broken.origin.plugin}", f"{broken.origin}: {broken.reason}", remedy)


def _of_profile(name: str, registry: Registry, models: ModelStore) -> Iterator[Finding]:
    """Yield a finding for each stage of a profile that cannot run, or one that all can."""
    from slceleb_core.doctor.checks import Finding
    from slceleb_core.profile import faults_of

    faults = faults_of(name, (), registry, models)
    for fault in faults:
        yield Finding("error", f"profile {name}", fault.message, fault.hint)
    if not faults:
        yield Finding("ok", f"profile {name}", "its stages have what they need")


def _show(findings: Sequence[Finding]) -> None:
    from slceleb_core.cli.console import label, out, printable, say

    for finding in findings:
        out.print(
            label(finding.level).append(f"  {finding.subject}: {printable(finding.detail)}", "default"), soft_wrap=True
        )
        if finding.remedy:
            say(out, f"    {finding.remedy}")
