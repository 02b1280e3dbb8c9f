import numpy as np
import pytest

from slceleb_core.decision.identity import Gallery, Vote, decide, template


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


NAN = float("nan")


@pytest.mark.parametrize("weight", [NAN, np.inf, -np.inf])
def test_a_face_without_a_weight_costs_its_own_vote_only(weight):
    ballot = vote(*[(1.0, [0.2, 0.1])] * 149, (weight, [0.9, 0.1]))
    who = decide(ballot, gallery("Ada", "Bo"), threshold=0.4, margin=0.05)
    assert (who.person, who.similarity) == (None, pytest.approx(0.2))


@pytest.mark.parametrize("similarities", [[NAN, 0.1], [0.9, NAN], [np.inf, 0.1]])
def test_a_face_that_could_not_be_compared_costs_its_own_vote_only(similarities):
    ballot = vote((1.0, similarities), *[(1.0, [0.6, 0.1])] * 149)
    who = decide(ballot, gallery("Ada", "Bo"), threshold=0.4, margin=0.05)
    assert (who.person, who.similarity) == ("Ada", pytest.approx(0.6))


def test_a_track_of_which_no_face_could_be_compared_is_nobody():
    who = decide(vote((1.0, [NAN, NAN]), (NAN, [0.9, 0.1])), gallery("Ada", "Bo"), threshold=0.4, margin=0.05)
    assert (who.nearest, who.person) == (None, None)
    assert who.reason == "no face of the track could be compared"


@pytest.mark.parametrize(("threshold", "margin"), [(NAN, 0.05), (0.4, NAN)])
def test_what_is_not_a_number_is_never_reached(threshold, margin):
    assert decide(vote((1.0, [0.9, 0.1])), gallery("Ada", "Bo"), threshold, margin).person is None


def test_a_gallery_without_numbers_is_refused():
    with pytest.raises(ValueError, match="Bo"):
        Gallery(("Ada", "Bo"), np.array([[1.0, 0.0], [NAN, 0.0]], dtype=np.float32), frozenset())


def test_a_template_is_the_mean_direction():
    made = template(np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert made == pytest.approx([2**-0.5, 2**-0.5])


def test_a_gallery_whose_columns_disagree_is_refused():
    with pytest.raises(ValueError, match="2 names"):
        Gallery(("Ada", "Bo"), np.zeros((1, 4), dtype=np.float32), frozenset())
