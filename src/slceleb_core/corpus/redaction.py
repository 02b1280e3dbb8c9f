"""Taking a name out of text and data, in whatever form it stands there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote

from slceleb_core.disk.naming import safe_name, tokens
from slceleb_core.pages.markup import written
from slceleb_core.types import JsonValue

BLANK = "[removed]"
"""What stands for a name that was taken out of a sentence."""

LIKENESS = frozenset({"similarity", "similarity_min", "margin"})
"""How near a face is to somebody: without the name it is still about that person."""


AROUND = r"\s\"'<>,;:()\[\]&="
"""What stands around a name that is only dots or dashes, which paths, dates and numbers are full of."""


class Redaction:
    """Finds and blanks out words, and leaves longer words alone that contain them.

    Parameters
    ----------
    words
        What is to go: a person's name, or names of a video.
    others
        What stays though it contains one of them: other people's names.
    """

    def __init__(self, words: Iterable[str], others: Iterable[str] = ()) -> None:
        self.words = frozenset(words)
        staying = set(others) - self.words
        self._gone = frozenset(form for word in self.words for form in forms(word)) - staying
        kept = {form for other in staying for form in forms(other)}
        found = sorted(self._gone | {word for word in kept if any(form in word for form in self._gone)}, key=len)
        self._pattern = re.compile("|".join(map(_bounded, reversed(found))) or r"(?!)")

    def in_text(self, text: str) -> bool:
        """Tell whether one of the words stands in a text."""
        return any(match.group() in self._gone for match in self._pattern.finditer(text))

    def text(self, text: str) -> str:
        """Return a text with the words blanked out."""
        return self._pattern.sub(lambda match: BLANK if match.group() in self._gone else match.group(), text)

    def tree(self, value: JsonValue) -> JsonValue:
        """Return data without the words.

        A list loses the entries that are a word, a mapping those whose key is one; a value that is one becomes null,
        and one that contains one is blanked out. Then whatever else the mapping says of likeness is null too.
        """
        if isinstance(value, dict):
            return self._mapping(value)
        if isinstance(value, list):
            return [self.tree(item) for item in value if not self._is(item)]
        return self._plain(value)

    def _mapping(self, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        made = {self.text(key): self.tree(item) for key, item in value.items() if key not in self._gone}
        told = any(isinstance(item, str) and self.in_text(item) for item in value.values())
        return {key: None if told and key in LIKENESS else item for key, item in made.items()}

    def _plain(self, value: JsonValue) -> JsonValue:
        if self._is(value):
            return None
        return self.text(value) if isinstance(value, str) else value

    def _is(self, value: JsonValue) -> bool:
        return isinstance(value, str) and value in self._gone


def forms(word: str) -> set[str]:
    """Return a word and what becomes of it in files: escaped, encoded, as a folder's name."""
    safe, escaped = safe_name(word), json.dumps(word)[1:-1]
    named = tokens([word])[word]
    html = word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    quoted = html.replace('"', "&quot;").replace("'", "&#x27;")  # on pages of earlier versions
    encoded = {quote(form, safe=safe_) for form in (word, safe) for safe_ in ("", "/")}
    return {word, safe, escaped, named, html, quoted, *encoded, *written(word)} - {""}


def _bounded(word: str) -> str:
    """Return a pattern of a word that is no part of a longer one; an underscore parts words as a blank does."""
    if not any(letter.isalnum() or not letter.isascii() for letter in word):
        return rf"(?<![^{AROUND}]){re.escape(word)}(?![^{AROUND}])"
    before = r"(?<![^\W_])" if re.match(r"\w", word[0]) else ""
    after = r"(?![^\W_])" if re.match(r"\w", word[-1]) else ""
    return before + re.escape(word) + after
