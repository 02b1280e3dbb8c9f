import numpy as np
import pytest

from slceleb_core.decision.identity import Gallery, Vote, decide, separate, template


def gallery(*names):
    return Gallery(names, np.eye(len(names), 4, dtype=np.float32), frozenset(names))


def vote(*faces):
    """Return a vote of (weight, similarities) pairs."""
    ballot = Vote()
    for weight, similarities in faces:
        ballot.add(np.array([similarities], dtype=np.float32), np.array([weight], dtype=np.float32))
    return ballot


def test_the_nearest_person_above_the_threshold_is_named():
    who = decide(vote((1.0, [0.6, 0.1])), gallery("Ada", "Bo"), threshold=0.4, margin=0.05)
    assert (who.person, who.similarity, who.margin) == ("Ada", pytest.approx(0.6), pytest.approx(0.5))


def test_nobody_is_a_possible_answer_and_says_why():
    who = decide(vote((1.0, [0.3, 0.1])), gallery("Ada", "Bo"), threshold=0.4, margin=0.05)
    assert who.person is None
    assert who.reason == "nobody: similarity 0.300 to Ada is below 0.400"


def test_two_persons_too_near_to_each_other_are_nobody():
    who = decide(vote((1.0, [0.60, 0.57])), gallery("Ada", "Bo"), threshold=0.4, margin=0.05)
    assert who.person is None
    assert "only 0.030 above Bo" in who.reason


def test_a_gallery_of_one_has_no_margin():
    who = decide(vote((1.0, [0.5])), gallery("Ada"), threshold=0.4, margin=0.05)
    assert (who.person, who.margin) == ("Ada", None)


def test_good_faces_outweigh_bad_ones():
    blurred = [(0.05, [0.0, 0.5])] * 10
    who = decide(vote((1.0, [0.7, 0.1]), *blurred), gallery("Ada", "Bo"), threshold=0.4, margin=0.05)
    assert who.person == "Ada"


def test_similarity_equal_to_the_threshold_is_accepted():
    assert decide(vote((1.0, [0.5])), gallery("Ada"), threshold=0.5, margin=0.0).person == "Ada"


def test_tracks_seen_together_are_never_the_same_person():
    people = gallery("Ada", "Bo")
    alone = {
        1: decide(vote((1.0, [0.5, 0.0])), people, 0.4, 0.05),
        2: decide(vote((1.0, [0.8, 0.0])), people, 0.4, 0.05),
    }
    decided = separate(alone, {(1, 2)})
    assert decided[2].person == "Ada"
    assert decided[1].person is None
    assert decided[1].reason == "nobody: seen together with track 2, which is nearer to Ada"


def test_tracks_seen_after_each_other_may_be_the_same_person():
    people = gallery("Ada", "Bo")
    alone = {n: decide(vote((1.0, [0.5, 0.0])), people, 0.4, 0.05) for n in (1, 2)}
    assert {who.person for who in separate(alone, set()).values()} == {"Ada"}


def test_a_name_that_was_taken_away_takes_no_other_away():
    """1 and 2 share the screen, 2 and 3 too; 1 is nearest, so 2 is nobody, and 3 keeps the name."""
    people = gallery("Ada")
    alone = {n: decide(vote((1.0, [s])), people, 0.4, 0.05) for n, s in ((1, 0.9), (2, 0.8), (3, 0.7))}
    decided = separate(alone, {(2, 3), (1, 2)})
    assert [decided[n].person for n in (1, 2, 3)] == ["Ada", None, "Ada"]


def test_a_template_is_the_mean_direction():
    made = template(np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert made == pytest.approx([2**-0.5, 2**-0.5])


def test_a_gallery_whose_columns_disagree_is_refused():
    with pytest.raises(ValueError, match="2 names"):
        Gallery(("Ada", "Bo"), np.zeros((1, 4), dtype=np.float32), frozenset())
