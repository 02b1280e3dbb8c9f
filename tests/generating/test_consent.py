"""The record of consent: what is read, and what is refused."""

import datetime as dt
import json

import pytest

from slceleb_core.errors import UsageError
from slceleb_core.generating.consent import demand_consent, read_consent

WHOLE = {
    "person": "Ada Lovelace",
    "purpose": "Her lecture, in German.",
    "video": "sha256:" + "a" * 64,
    "sound": "any",
    "given": "2026-02-01",
    "expires": "2026-12-31",
    "signed_by": "Ada Lovelace",
    "recorded_by": "Charles Babbage",
}
DAY = dt.date(2026, 6, 1)


@pytest.fixture
def read(tmp_path):
    def written(**changes):
        path = tmp_path / "consent.json"
        path.write_text(json.dumps({name: value for name, value in {**WHOLE, **changes}.items() if value is not None}))
        return path, read_consent(path)

    return written


def asked(path, recorded, **changes):
    files = {"video": WHOLE["video"], "sound": "sha256:" + "b" * 64}
    demand_consent(recorded, path, **{"person": "Ada Lovelace", **files, "today": DAY, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"expires": None},
        {"given": "2026-06-01"},
        {"expires": "2026-06-01"},
        {"video": "any"},
        {"sound": "sha256:" + "b" * 64},
        {"person": " Ada Lovelace "},
    ],
)
def test_a_record_covers_what_it_says(read, changes):
    asked(*read(**changes))


def test_a_name_is_the_same_however_its_accents_are_stored(read):
    asked(*read(person="Rene\u0301e"), person="Ren\u00e9e")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"person": "Grace Hopper"}, "it is Grace Hopper's consent, not Ada Lovelace's"),
        ({"given": "2026-06-02"}, "it holds from 2026-06-02 on, and today is 2026-06-01"),
        ({"expires": "2026-05-31"}, "it expired on 2026-05-31"),
        ({"video": "sha256:" + "c" * 64}, "it is about another video"),
        ({"sound": "sha256:" + "c" * 64}, "it is about another sound"),
    ],
)
def test_what_it_does_not_cover_is_refused_in_one_line(read, changes, said):
    with pytest.raises(UsageError) as refused:
        asked(*read(**changes))
    assert said in refused.value.message
    assert refused.value.hint
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({name: None}, name) for name in ("person", "purpose", "video", "sound", "given", "signed_by", "recorded_by")]
    + [
        ({"person": "  "}, "person"),
        ({"video": "sha256:12"}, "video"),
        ({"sound": "mine.wav"}, "sound"),
        ({"given": "yesterday"}, "given"),
        ({"witness": "Nobody"}, "witness"),
        ({"person": ["Ada", "Grace"]}, "person"),
    ],
)
def test_a_record_that_is_not_whole_is_refused_by_what_is_at_fault(read, changes, said):
    with pytest.raises(UsageError, match=said) as refused:
        read(**changes)
    assert "docs/lipsync.md" in refused.value.hint
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"person: [", b"\xff\xfe\x00", b"- a\n- b\n", b"person: a\nperson: b\n", b"# " + b"x" * 70_000, b"\0" * 10],
)
def test_what_is_no_record_is_refused(tmp_path, content):
    path = tmp_path / "consent.yaml"
    path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        read_consent(path)
    assert "\n" not in str(refused.value)


def test_a_record_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_consent(tmp_path / "nowhere.yaml")
    with pytest.raises(UsageError, match="cannot be read"):
        read_consent(tmp_path)


def test_the_hash_is_the_files(tmp_path, consent):
    from hashlib import sha256

    assert read_consent(consent).sha256 == sha256(consent.read_bytes()).hexdigest()
