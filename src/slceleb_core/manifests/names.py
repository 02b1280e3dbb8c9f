"""Names without blanks, for forms whose columns are divided by blanks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from slceleb_core.naming import safe_name, short_hash


def tokens(names: Iterable[str]) -> dict[str, str]:
    """Return, for each name, a word without blanks that is also safe as a file name.

    Letters of every script are kept, blanks become underscores. Where two names would share a word, those that had to
    be changed get a short hash of the name.
    """
    known = sorted(set(names))
    plain = {name: "_".join(safe_name(name).split()) for name in known}
    shared = Counter(word.casefold() for word in plain.values())
    return {
        name: word if word == name or shared[word.casefold()] == 1 else f"{word}-{short_hash(name)}"
        for name, word in plain.items()
    }
