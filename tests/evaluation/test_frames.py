import numpy as np
import pytest

from slceleb_core.evaluation.frames import equal_error_rate, frame_metrics, precision_recall, reliability

metrics = pytest.importorskip("sklearn.metrics")


@pytest.mark.parametrize("seed", range(5))
def test_ap_auc_and_f1_are_those_of_scikit_learn(seed):
    generator = np.random.default_rng(seed)
    labels = generator.random(500) < 0.2
    scores = np.round(np.clip(generator.normal(0.3 + 0.3 * labels, 0.2), 0, 1), 2)  # rounded: with ties
    found = frame_metrics(labels, scores, 0.5)
    assert found.ap == pytest.approx(metrics.average_precision_score(labels, scores), abs=1e-12)
    assert found.auc == pytest.approx(metrics.roc_auc_score(labels, scores), abs=1e-12)
    assert found.f1 == pytest.approx(metrics.f1_score(labels, scores >= 0.5))
    assert found.precision == pytest.approx(metrics.precision_score(labels, scores >= 0.5))
    assert found.recall == pytest.approx(metrics.recall_score(labels, scores >= 0.5))


def test_a_tiny_case_by_hand():
    found = frame_metrics([1, 0, 1, 0], [0.9, 0.8, 0.6, 0.1], 0.7)
    assert found.ap == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert found.auc == pytest.approx(3 / 4)
    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)
    assert found.eer == pytest.approx(0.5)
    assert found.ece == pytest.approx((0.1 + 0.8 + 0.4 + 0.1) / 4)
    assert (found.count, found.positives) == (4, 2)


def test_a_score_at_the_threshold_counts_as_speaking():
    assert frame_metrics([1], [0.5], 0.5).recall == 1.0
    assert frame_metrics([1], [0.4999], 0.5).recall == 0.0


def test_equal_error_rate_is_where_false_alarms_equal_misses():
    labels = np.repeat([True, False], 100)
    scores = np.concatenate([np.linspace(0.4, 1.0, 100), np.linspace(0.0, 0.6, 100)])
    rate, threshold = equal_error_rate(labels, scores)
    assert (scores[~labels] >= threshold).mean() == pytest.approx(rate, abs=0.01)
    assert (scores[labels] < threshold).mean() == pytest.approx(rate, abs=0.01)
    assert threshold == pytest.approx(0.5, abs=0.01)
    assert equal_error_rate([0, 1], [0.2, 0.8])[0] == 0.0
    assert equal_error_rate([1, 0], [0.2, 0.8])[0] == 1.0
    assert equal_error_rate([1, 0], [0.5, 0.5]) == pytest.approx((0.5, 0.5))


def test_perfect_scores_are_perfect():
    found = frame_metrics([0, 0, 1, 1], [0.0, 0.0, 1.0, 1.0], 0.5)
    assert (found.ap, found.auc, found.f1, found.precision, found.recall) == (1.0,) * 5
    assert (found.eer, found.ece) == (0.0, 0.0)


def test_figures_that_do_not_exist_are_none():
    silent = frame_metrics([0, 0], [0.1, 0.2], 0.5)
    assert (silent.ap, silent.auc, silent.eer, silent.precision, silent.recall, silent.f1) == (None,) * 6
    assert silent.ece == pytest.approx(0.15)
    talking = frame_metrics([1, 1], [0.1, 0.9], 0.5)
    assert (talking.ap, talking.auc, talking.recall) == (1.0, None, 0.5)
    empty = frame_metrics([], [], 0.5)
    assert (empty.count, empty.ap, empty.ece) == (0, None, None)
    assert precision_recall([0], [0.3]) is None


def test_reliability_by_hand():
    found = reliability([0, 1, 1, 1], [0.1, 0.2, 0.5, 1.0], bins=2)
    assert found.counts == (2, 2)
    assert found.mean_score == pytest.approx((0.15, 0.75))
    assert found.speaking == (0.5, 1.0)
    assert found.ece == pytest.approx((2 * 0.35 + 2 * 0.25) / 4)


def test_borders_of_bins_belong_to_the_upper_one():
    scores = np.arange(11) / 10
    assert reliability(np.zeros(11), scores).counts == (1, 1, 1, 1, 1, 1, 1, 1, 1, 2)
    assert reliability([], []).mean_score == (None,) * 10


def test_reliability_agrees_with_scikit_learn():
    calibration = pytest.importorskip("sklearn.calibration")
    generator = np.random.default_rng(3)
    scores = generator.random(2000)
    labels = generator.random(2000) < scores**2
    speaking, mean = calibration.calibration_curve(labels, scores, n_bins=10)
    found = reliability(labels, scores)
    assert found.speaking == pytest.approx(tuple(speaking))
    assert found.mean_score == pytest.approx(tuple(mean))


def test_a_curve_is_thinned_to_its_ends():
    generator = np.random.default_rng(1)
    curve = precision_recall(generator.random(5000) < 0.5, generator.random(5000))
    thin = curve.thinned()
    assert len(thin.recall) == len(thin.precision) == len(thin.thresholds) + 1 <= 300
    assert (thin.recall[0], thin.recall[-1]) == (curve.recall[0], curve.recall[-1]) == (1.0, 0.0)


@pytest.mark.parametrize(("labels", "scores"), [([1], [0.1, 0.2]), ([[1]], [[0.1]]), ([1], [1.5]), ([1], [np.nan])])
def test_arrays_that_do_not_fit_are_refused(labels, scores):
    with pytest.raises(ValueError, match="scores"):
        frame_metrics(labels, scores, 0.5)
