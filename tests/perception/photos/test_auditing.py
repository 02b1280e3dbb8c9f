"""What is found in photos, and that it is found in ten thousand of them, too."""

import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.decision.identity import Vote, decide
from slceleb_core.errors import GalleryError
from slceleb_core.perception.photos import Photo, audit, auditing, demand_some, doubles, enroll
from slceleb_core.perception.photos.auditing import OUTLIER, SAME_PICTURE
from slceleb_core.perception.photos.telling import FEW, lines


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def people(counts, dim=16, seed=0, spread=0.3):
    """Return photos of so many people with so many photos each, as a recognizer would see them."""
    rng = np.random.default_rng(seed)
    found = []
    for person, count in enumerate(counts):
        centre = unit(rng.normal(size=dim))
        for place in range(count):
            vector = unit(centre + spread * rng.normal(size=dim) / np.sqrt(dim))
            found.append(Photo(f"p{person}", Path(f"p{person}/{place}.jpg"), "", 100.0, vector))
    return found


def said(findings):
    return sorted((finding.severity, finding.person, str(finding.path), finding.message) for finding in findings)


def plainly(photos, threshold):
    """Return the findings as one would write them down, pair by pair."""
    for i, photo in enumerate(photos):
        cosines = [float(photo.embedding @ other.embedding) for other in photos]
        own = [j for j, other in enumerate(photos) if other.person == photo.person and j != i]
        others = [j for j, other in enumerate(photos) if other.person != photo.person]
        for group, severity in ((own, "warning"), (others, "error")):
            if any(j < i and cosines[j] >= SAME_PICTURE for j in group):
                yield severity, photo.path, "is the same picture"
        if own and np.mean([cosines[j] for j in own]) < OUTLIER * threshold:
            yield "warning", photo.path, "does not look like the other photos"
        if others and threshold <= max(cosines[j] for j in others) < SAME_PICTURE:
            yield "warning", photo.path, "looks like"


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=6),
    st.integers(0, 10_000),
    st.sampled_from([0.02, 0.5, 2.0]),
    st.sampled_from([0.1, 0.4]),
)
def test_blocks_find_what_pairs_do(counts, seed, spread, threshold):
    photos = people(counts, seed=seed, spread=spread)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auditing, "BLOCK", 20)
        found = [(finding.severity, finding.path, finding.message) for finding in audit(photos, threshold)]
    expected = sorted(plainly(photos, threshold))
    assert [(severity, path) for severity, path, _ in sorted(found)] == [
        (severity, path) for severity, path, _ in expected
    ]
    assert all(any(path == at and text.startswith(how) for _, at, text in found) for _, path, how in expected)


def test_ten_thousand_photos_take_seconds_and_little_memory():
    photos = people([4] * 2500, dim=128)
    tracemalloc.start()
    begin = time.monotonic()
    audit(photos, 0.4)
    doubles(photos, 0.05)
    assert time.monotonic() - begin < 60  # a second or two on a machine that does nothing else
    assert tracemalloc.get_traced_memory()[1] < 150e6
    tracemalloc.stop()


def test_a_photo_under_two_names_makes_each_the_double_of_the_other():
    photos = people([1, 2, 3])
    photos.append(Photo("also p0", Path("also p0/1.jpg"), "", 100.0, photos[0].embedding))
    found = doubles(photos, 0.05)
    assert found == {"p0": "also p0", "also p0": "p0"}
    first, *_ = audit(photos, 0.4, found)
    assert first.severity == "error"
    assert first.message == "one face under two names: also p0 and p0 cannot be told apart, so neither is found"


def test_nobody_is_a_double_of_somebody_who_looks_otherwise():
    assert doubles(people([1, 2, 3, 1]), 0.05) == {}
    assert doubles(people([2]), 0.05) == {}
    assert doubles([], 0.05) == {}


@given(st.integers(0, 1000), st.sampled_from([0.01, 0.05, 0.2]))
def test_a_double_is_never_given_its_name_on_its_own_photos(seed, margin):
    photos = people([2, 1, 3], seed=seed)
    rng = np.random.default_rng(seed)
    for place in range(2):
        near = unit(photos[place].embedding + 0.05 * rng.normal(size=16) / 4)
        photos.append(Photo("twin", Path(f"twin/{place}.jpg"), "", 100.0, near))
    gallery, found = enroll(photos), doubles(photos, margin)
    for photo in photos:
        vote = Vote()
        vote.add(gallery.similarities(photo.embedding[None]), np.ones(1))
        if photo.person in found:
            assert decide(vote, gallery, -1.0, margin).person != photo.person


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.integers(0, 1000), st.randoms(use_true_random=False))
def test_what_photos_are_called_decides_no_bit_of_the_gallery(counts, seed, chance):
    photos = people(counts, seed=seed)
    photos.append(Photo("twin", Path("twin/1.jpg"), "", 100.0, unit(photos[0].embedding + photos[-1].embedding)))
    renamed = chance.sample(photos, len(photos))
    gallery, other = enroll(photos), enroll(renamed)
    assert gallery.names == other.names
    assert gallery.templates.tobytes() == other.templates.tobytes()
    assert list(doubles(photos, 0.2).items()) == list(doubles(renamed, 0.2).items())


def test_a_run_is_refused_only_where_nobody_could_be_found():
    found = {"a": "b", "b": "a"}
    demand_some({"a", "b", "c"}, found)
    demand_some({"c"}, found)
    with pytest.raises(GalleryError, match="nobody who is looked for could be found: a has the same face as b"):
        demand_some({"a"}, found)
    with pytest.raises(GalleryError, match="and so on for 1 more"):
        demand_some({"a", "b"}, found)


def test_a_level_of_folders_too_many_is_noticed():
    photos = people([3, 3])
    for place, photo in enumerate(photos):
        photos[place] = Photo("actors", Path("poi/actors") / photo.path, "", 100.0, photo.embedding)
    strange = [finding for finding in audit(photos, 0.6) if "do not look like one person" in finding.message]
    assert [finding.message for finding in strange] == [
        "p1 and p0 do not look like one person: each needs a folder of its own"
    ]


def test_only_who_is_looked_for_needs_a_usable_photo():
    photos = [*people([1, 1]), Photo("lost", Path("lost/1.jpg"), "no face found")]
    assert enroll(photos, ["p0"]).names == ("p0", "p1")
    with pytest.raises(GalleryError, match=r"no usable photo of lost: lost/1\.jpg: no face found"):
        enroll(photos)


def test_a_thousand_findings_are_a_few_lines():
    photos = [Photo("p", Path(f"{place}.jpg"), "no face found") for place in range(1000)]
    told = lines(audit(photos, 0.4))
    assert len(told) == FEW + 1
    assert told[0] == "photo not used: 0.jpg: no face found"
    assert told[-1] == "photos: 980 more findings; `slceleb poi check` lists all"
