"""Calibrating a folder: what is asked of it is read, what comes of it is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from slceleb_core.disk.atomic import write_durably
from slceleb_core.errors import UsageError
from slceleb_core.precision.calibrating.aimed import attempts_in, calibrated_by
from slceleb_core.precision.calibrating.calibration import Calibration, Wish, calibrate
from slceleb_core.precision.calibrating.holding_out import HeldOut, Unit, held_out
from slceleb_core.precision.calibrating.made import Made, read_made
from slceleb_core.precision.calibrating.page import page
from slceleb_core.precision.calibrating.paths import VOICE
from slceleb_core.precision.calibrating.writing import calibrated_profile, write_profile
from slceleb_core.precision.evidence import Evidence
from slceleb_core.precision.gathering import gather
from slceleb_core.precision.reference import Reference

PROFILE, PAGE = "calibrated.yaml", "calibration.html"

LABEL = "`slceleb audit OUTPUT_DIR` draws some to label"

AGAIN = "limits of this folder were chosen by labels before: only labels that were made since may be used here"
"""What is to be known where what is calibrated was calibrated already: the same labels would be asked twice."""

LEAST_KNOWN = "asd"
"""The gate that every segment has whose gates are kept."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a folder.

    Attributes
    ----------
    output_dir
        The folder.
    wish
        Which precision, how surely.
    reference
        Who speaks when, beside what was decided in the folder; None: nothing beside it.
    hold_out
        By what to hold labels out, to see what the chosen limits make of those; None: not at all.
    save
        Where to write the profile; None: into the folder.
    """

    output_dir: Path
    wish: Wish
    reference: Reference | None = None
    hold_out: Unit | None = None
    save: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request.

    Attributes
    ----------
    calibration
        The point, or what lacks.
    profile
        Where the profile was written; None: nothing was promised, and nothing written.
    page
        Where the picture is.
    held_out
        What was made of labels that were held out; None where that was not asked for.
    warnings
        What has to be known to believe it, one line each.
    """

    calibration: Calibration
    profile: Path | None
    page: Path
    held_out: HeldOut | None
    warnings: tuple[str, ...] = ()


def check_wish(wish: Wish) -> None:
    """Refuse what nobody can promise.

    Raises
    ------
    UsageError
        A number does not lie between 0 and 1.
    """
    for name, value in (("precision", wish.target), ("confidence", wish.confidence)):
        if not 0.0 < value < 1.0:
            hint = "such as 0.99; 1 would take as many labels as there are segments in the world"
            raise UsageError(f"--{name} {value:g} does not lie between 0 and 1", hint)


def calibrate_folder(request: Request) -> Outcome:
    """Choose a point by what is known of a folder, and write its profile, if there is one, and a picture.

    Raises
    ------
    UsageError
        It cannot be calibrated: no folder, no decisions, no gates, or videos of several profiles.
    OutputError
        Something cannot be written.
    """
    check_wish(request.wish)
    made = read_made(request.output_dir)
    evidence = _reachable(gather(request.output_dir, request.reference), made, request.output_dir)
    attempts = [attempt for attempt in attempts_in(request.output_dir, evidence, request.wish) if attempt.labels]
    calibration = calibrated_by(attempts, evidence, request.wish) if attempts else calibrate(evidence, request.wish)
    target = request.save or request.output_dir / PROFILE
    if calibration.chosen is not None:
        write_profile(target, calibrated_profile(made, calibration, calibration.chosen, evidence.population))
    picture = request.output_dir / PAGE
    title = request.output_dir.absolute().name or str(request.output_dir)
    write_durably(picture, page(calibration, title).encode("utf-8", "backslashreplace"))
    kept_out = None if request.hold_out is None else held_out(evidence, request.wish, request.hold_out)
    warnings = () if made.profile.get("evidence") is None else (AGAIN,)
    return Outcome(calibration, None if calibration.chosen is None else target, picture, kept_out, warnings)


def _reachable(evidence: Evidence, made: Made, output_dir: Path) -> Evidence:
    """Return evidence with only the measures that a profile can limit.

    Raises
    ------
    UsageError
        There is nothing to choose by.
    """
    population = evidence.population
    if not len(population):
        raise UsageError(f"no segment was found in {output_dir}", "there is nothing to choose from")
    if LEAST_KNOWN not in population.measures:
        hint = "run the videos again: what is kept of them is used, so that takes little"
        raise UsageError(f"the segments in {output_dir} were made before gates were kept with them", hint)
    if not evidence.labels:
        raise UsageError(f"nobody has decided on any segment of {output_dir}", LABEL)
    if made.profile.get("voice") is None:  # a run with the profile would not ask for voices
        measures = {name: values for name, values in population.measures.items() if name != VOICE}
        return replace(evidence, population=replace(population, measures=measures))
    return evidence
