"""Content credentials (C2PA) of what is made: what a trained model did, of which files, with whose consent; signed.

It is all done on this machine: no time stamp is asked for, no manifest fetched, no certificate looked up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slceleb_core import __version__
from slceleb_core.errors import OutputError
from slceleb_core.generating.certificate import Signing
from slceleb_core.media.generated import OURS, generated_by
from slceleb_core.types import JsonValue

MEDIA_TYPE = "video/mp4"

SOURCE_TYPE = f"http://cv.iptc.org/newscodes/digitalsourcetype/{OURS}"
"""A recorded video of which a trained model has made a part, as IPTC has it."""

OWN = "org.slceleb.lipsync"
"""Label of the assertion with our own facts."""

SETTINGS: Mapping[str, Any] = {
    "verify": {"verify_after_sign": True, "verify_trust": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
    "core": {"backing_store_memory_threshold_in_mb": 16},
}
"""Of the library: nothing is fetched, nobody has to vouch for the signer, and a large file is kept on the disk."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A file that went into what was made.

    Attributes
    ----------
    label
        By which the actions name it.
    path
        The file.
    fingerprint
        Its hash.
    relationship
        ``parentOf`` for what was changed, ``componentOf`` for what was put in.
    """

    label: str
    path: Path
    fingerprint: str
    relationship: str

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as a manifest has it."""
        return {
            "title": self.path.name,
            "label": self.label,
            "instance_id": f"urn:{self.fingerprint}",
            "relationship": self.relationship,
            "description": self.fingerprint,
        }


def manifest(title: str, video: Ingredient, sound: Ingredient, facts: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return what credentials state, as the library takes it.

    Parameters
    ----------
    title
        Name of the file.
    video, sound
        What it was made of.
    facts
        Our own: model, licence, consent, who is shown.
    """
    agent: JsonValue = {"name": "slceleb", "version": __version__}
    actions: JsonValue = [
        {"action": "c2pa.opened", "parameters": {"ingredientIds": [video.label]}},
        {"action": "c2pa.placed", "parameters": {"ingredientIds": [sound.label]}},
        {
            "action": "c2pa.edited",
            "digitalSourceType": SOURCE_TYPE,
            "softwareAgent": agent,
            "description": "the lips of one face were made by a trained model, to fit another sound",
        },
    ]
    return {
        "claim_generator_info": [agent],
        "title": title,
        "ingredients": [video.to_json(), sound.to_json()],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": actions}},
            {"label": OWN, "data": dict(facts)},
        ],
    }


def sign(source: Path, target: Path, stated: Mapping[str, JsonValue], signing: Signing) -> None:
    """Write an MP4 with its credentials in it, and make sure that they are found again.

    Parameters
    ----------
    source
        The MP4 without them.
    target
        The file to write.
    stated
        As of :func:`manifest`.
    signing
        What signs.

    Raises
    ------
    OutputError
        It cannot be signed.
    OSError
        A file cannot be read or written.
    """
    import c2pa

    try:
        with (
            c2pa.Context(c2pa.Settings.from_dict(dict(SETTINGS))) as context,
            c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", signing.chain, signing.key, None)) as signer,
            c2pa.Builder.from_json(json.dumps(stated), context=context) as builder,
            source.open("rb") as unsigned,
            target.open("w+b") as signed,
        ):
            builder.sign(signer, MEDIA_TYPE, unsigned, signed)
    except c2pa.C2paError as error:
        reason = str(error).splitlines()[0]
        hint = f"nothing was written; the key is in {signing.folder}"
        raise OutputError(f"content credentials cannot be made: {reason}", hint) from error
    if generated_by(target) is None:
        raise OutputError("content credentials were made, and are not found again", "nothing was written")
