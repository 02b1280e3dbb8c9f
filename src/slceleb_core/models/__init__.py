"""Model files: which there are, where they may come from, and whether a file is the one it should be.

A plugin declares its files as :class:`ModelFile` values, with the sha256 of the publisher's file. A file is looked for
in this order:

1. a path given in the profile,
2. the folder named by ``SLCELEB_MODELS``,
3. the user's cache,
4. an installed package that carries the file (found through its metadata, never imported),
5. its publisher's address, when the user asked for the model.

Wherever it comes from, a file with another hash is an error: a model decides what the labels are.
"""

from slceleb_core.models.downloads import sha256_of
from slceleb_core.models.files import Carrier, Download, ModelFile
from slceleb_core.models.store import ModelStatus, ModelStore, Place, content_hash

__all__ = ["Carrier", "Download", "ModelFile", "ModelStatus", "ModelStore", "Place", "content_hash", "sha256_of"]
