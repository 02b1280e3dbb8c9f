"""The consent of who is shown: a small file, without which nothing is made.

It says who agrees to what, since when and until when, and who has recorded that. It is read strictly, kept beside what
is made, and its hash stands in the content credentials there. That it is true, no program can see.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from slceleb_core.disk.yaml_io import parse
from slceleb_core.errors import ProfileError, UsageError
from slceleb_core.profile import explain

ANY = "any"
"""What a record says in place of one file's fingerprint."""

FINGERPRINT = re.compile(r"sha256:[0-9a-f]{64}")

LARGEST = 64 * 1024
"""Bytes that a record may have; one has some hundred."""

FORM = "docs/lipsync.md shows one"


def _one_file(value: str) -> str:
    if value != ANY and not FINGERPRINT.fullmatch(value):
        raise ValueError(f"expected sha256: and 64 small hexadecimal digits, or {ANY}")
    return value


Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Files = Annotated[str, AfterValidator(_one_file)]


class Consent(BaseModel):
    """A record of consent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    person: Said = Field(description="Who agrees: the name as in the folder of photos.")
    purpose: Said = Field(description="To what: what is made, and what for.")
    video: Files = Field(description="In which video: its fingerprint (sha256:...), or any.")
    sound: Files = Field(description="With which sound: its fingerprint, or any.")
    given: dt.date = Field(description="Since which day it holds.")
    expires: dt.date | None = Field(default=None, description="The last day on which it holds; none: it stays.")
    signed_by: Said = Field(description="Who has signed it: the person, or who may sign for them.")
    recorded_by: Said = Field(description="Who has written it down, and keeps what was signed.")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record of consent, and the file that it stands in.

    Attributes
    ----------
    consent
        What it says.
    content
        The file, byte for byte.
    suffix
        Of its name.
    """

    consent: Consent
    content: bytes
    suffix: str

    @property
    def sha256(self) -> str:
        """The hash of the file, in hex."""
        return sha256(self.content).hexdigest()


def read_consent(path: Path) -> Recorded:
    """Read a record of consent, YAML or JSON.

    Raises
    ------
    UsageError
        There is none, or it is not whole.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"--consent {path}: cannot be read: {error.strerror or error}", FORM) from None
    if len(content) > LARGEST:
        raise UsageError(f"--consent {path}: more than {LARGEST // 1024} KiB: this is no record of consent", FORM)
    try:
        return Recorded(Consent.model_validate(parse(content.decode("utf-8"), str(path))), content, path.suffix)
    except UnicodeDecodeError:
        raise UsageError(f"--consent {path}: this is no text in UTF-8", FORM) from None
    except ProfileError as error:
        raise UsageError(f"--consent {error.message}", FORM) from None
    except ValidationError as error:
        raise UsageError(f"--consent {path}: {explain(error, Consent)}", FORM) from None


def demand_consent(
    recorded: Recorded, place: Path, person: str, video: str, sound: str, today: dt.date | None = None
) -> None:
    """Make sure that a record covers what is to be made.

    Parameters
    ----------
    recorded, place
        The record, and where it was read.
    person
        Whose face is changed.
    video, sound
        Fingerprints of the files.
    today
        The day on which it has to hold; None: this one.

    Raises
    ------
    UsageError
        It is somebody else's, or about another file, or does not hold on that day.
    """
    consent, day = recorded.consent, today or dt.datetime.now().astimezone().date()
    if _folded(consent.person) != _folded(person):
        fault, hint = f"it is {consent.person}'s consent, not {person}'s", "a record is needed of who is shown"
    elif consent.given > day:
        fault, hint = f"it holds from {consent.given} on, and today is {day}", "wait, or have it given for today"
    elif consent.expires is not None and consent.expires < day:
        fault, hint = f"it expired on {consent.expires}", f"ask {consent.person} anew"
    elif consent.video not in (ANY, video):
        fault, hint = "it is about another video", f"this one is {video}"
    elif consent.sound not in (ANY, sound):
        fault, hint = "it is about another sound", f"this one is {sound}"
    else:
        return
    raise UsageError(f"--consent {place}: {fault}", hint)


def _folded(name: str) -> str:
    """Return a name as it is compared: accents composed, spaces at its ends gone."""
    return unicodedata.normalize("NFC", name).strip()
