"""Reference photos: which there are, reading them, finding the one face, and telling what is wrong.

A folder holds ``<person>/*.jpg``, with subfolders or without, or ``<person>.jpg``.
"""

from slceleb_core.perception.photos.auditing import Finding, audit
from slceleb_core.perception.photos.doubles import Doubles, demand_some, doubles
from slceleb_core.perception.photos.enrolling import enroll, wanted_among
from slceleb_core.perception.photos.examining import Photo, examine
from slceleb_core.perception.photos.listing import Listing, list_photos, survey
from slceleb_core.perception.photos.reading import Picture, PictureError, read_picture

__all__ = [
    "Doubles",
    "Finding",
    "Listing",
    "Photo",
    "Picture",
    "PictureError",
    "audit",
    "demand_some",
    "doubles",
    "enroll",
    "examine",
    "list_photos",
    "read_picture",
    "survey",
    "wanted_among",
]
