"""Strangers and right people on real photos, with the shipped calibration and profile: each person once taken out."""

from dataclasses import replace

import numpy as np
import pytest

from slceleb_core.decision.identity import Vote, decide
from slceleb_core.perception.photos import enroll
from slceleb_core.perception.photos.enrolling import embeddings_of
from slceleb_core.perception.photos.examining import Photo

PHOTOS, LOOKS, DRAWS = 3, 8, 30
"""Photos of a template, looks of a track, and how often either is drawn."""

MARGIN = 0.05


@pytest.fixture(scope="module")
def people(pipeline, shared):
    folder = shared / "media" / "faces"
    if not folder.is_dir():
        pytest.skip("no photos of people in shared/media/faces")
    return embeddings_of(pipeline.examine(folder))


def gallery_of(people, chosen):
    """Return the gallery of the chosen rows of people's embeddings."""
    photos = [Photo(name, path, embedding=row) for name, rows in chosen.items() for path, row in rows]
    return enroll(photos)


def voted(gallery, looks):
    """Return the vote of a track of these looks, all of the same quality."""
    ballot, total = Vote(), np.zeros(looks.shape[1])
    for look in looks.astype(np.float64):
        growth = np.array([look @ look + 2 * (look @ total)])
        total = total + look
        ballot.add(gallery.similarities(look[None].astype(np.float32)), np.ones(1, np.float32), growth)
    return ballot


def drawn(people, tmp_path):
    """Yield galleries of templates of three photos, and the rows that are left of each person."""
    random = np.random.default_rng(0)
    for _ in range(DRAWS):
        orders = {name: random.permutation(len(rows)) for name, rows in people.items()}
        chosen = {
            name: [(tmp_path / f"{row}.jpg", people[name][row]) for row in order[:PHOTOS]]
            for name, order in orders.items()
        }
        yield chosen, {name: people[name][order[PHOTOS:]] for name, order in orders.items()}


def test_few_strangers_get_a_name_and_most_right_people_do(pipeline, people, tmp_path):
    """A gallery of five is asked for: the point is that of one, though four people are at hand."""
    strangers, right = {"pictures": [], "tracks": []}, []
    for chosen, left in drawn(people, tmp_path):
        for name, looks in left.items():
            others = gallery_of(people, {other: rows for other, rows in chosen.items() if other != name})
            everybody = gallery_of(people, chosen)
            outside, inside = (five(pipeline, gallery) for gallery in (others, everybody))
            strangers["pictures"] += [decide(voted(others, look[None]), others, outside, MARGIN) for look in looks]
            strangers["tracks"].append(decide(voted(others, looks[:LOOKS]), others, outside, MARGIN))
            right += [decide(voted(everybody, look[None]), everybody, inside, MARGIN).person == name for look in looks]
    named = {kind: np.mean([who.person is not None for who in tried]) for kind, tried in strangers.items()}
    assert named["pictures"] <= 0.01
    assert named["tracks"] <= 0.003
    assert np.mean(right) >= 0.88


def five(pipeline, gallery):
    """Return the point of a gallery's templates among five people."""
    return replace(pipeline.point(gallery.made_of), persons=5)
