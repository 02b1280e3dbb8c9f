"""Model files: which there are, where they may come from, and whether a file is the one it should be.

A plugin declares its files as :class:`ModelFile` values, with the sha256 of the publisher's file. A file is looked for
in this order:

1. a path given in the profile,
2. the folder named by ``SLCELEB_MODELS``,
3. the user's cache,
4. an installed package that carries the file (found through its metadata, never imported),
5. its publisher's address, or a package on pip's index that is not installed, when the user asked for the model.

Wherever it comes from, a file with another hash is an error: a model decides what the labels are. A file may have
:class:`Terms`, which have to be accepted once before it is fetched or used. What is handed out is recorded
(``ModelStore.used``), and results state it.
"""

from slceleb_core.models.downloads import sha256_of
from slceleb_core.models.files import Carrier, Download, ModelFile, UsedModel
from slceleb_core.models.store import UNKNOWN_LICENCE, ModelStatus, ModelStore, Place, content_hash
from slceleb_core.models.terms import Terms

__all__ = [
    "UNKNOWN_LICENCE",
    "Carrier",
    "Download",
    "ModelFile",
    "ModelStatus",
    "ModelStore",
    "Place",
    "Terms",
    "UsedModel",
    "content_hash",
    "sha256_of",
]
