"""What systems, disks and archives leave in folders: nobody put it there, and it shows nobody."""

from __future__ import annotations

import re

NAMES = frozenset(
    {
        *("$recycle.bin", "recycler", "recycled", "system volume information", "thumbs.db", "ehthumbs.db"),
        *("ehthumbs_vista.db", "desktop.ini"),  # Windows
        *("__macosx", "network trash folder", "temporary items", "icon\r"),  # macOS
        *("@eadir", "@tmp", "@sharebin", "@recycle", "@recently-snapshot", "#recycle", "#snapshot"),  # NAS
        *("lost+found", "lost.dir"),  # file systems
    }
)
"""In lower case."""

NUMBERED = re.compile(r"found\.\d{3}")
"""Folders of what Windows has found when it repaired a disk."""

SIDECARS = frozenset(
    {
        *(".aae", ".csv", ".db", ".htm", ".html", ".ini", ".json", ".jsonl", ".lnk", ".log", ".md", ".nfo", ".npy"),
        *(".npz", ".pkl", ".pp3", ".sha256", ".thm", ".tsv", ".txt", ".url", ".webloc", ".xml", ".xmp", ".yaml"),
        *(".yml",),
    }
)
"""Suffixes of what is kept beside photos, and is about them."""


def left_over(name: str) -> bool:
    """Tell whether a file or folder of this name was made by a system, or is hidden."""
    lower = name.lower()
    return lower.startswith(".") or lower in NAMES or NUMBERED.fullmatch(lower) is not None


def beside(suffix: str) -> bool:
    """Tell whether files of this suffix, in lower case, go with photos and are none."""
    return suffix in SIDECARS
