"""Arithmetic that detectors share."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slceleb_core.geometry import HEAD, poses_of


@given(
    yaw=st.floats(-80, 80),
    pitch=st.floats(-40, 40),
    roll=st.floats(-60, 60),
    size=st.floats(1, 100),
    at=st.floats(0, 999),
)
@settings(max_examples=60, deadline=None)
def test_the_pose_of_a_head_seen_from_afar_is_told(yaw, pitch, roll, size, at):
    y, p, r = np.radians([yaw, pitch, roll])
    turn_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    turn_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    turn_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    seen = HEAD @ (turn_y @ turn_x @ turn_z).T
    points = at + size * seen[:, :2] * (1.0, -1.0)
    np.testing.assert_allclose(poses_of(points[None])[0], [yaw, pitch, roll], atol=0.05)


@pytest.mark.parametrize("points", [np.zeros((1, 5, 2)), np.zeros((0, 5, 2)), np.full((2, 5, 2), 7.0)])
def test_points_that_tell_nothing_give_some_pose_that_is_finite(points):
    assert np.isfinite(poses_of(points)).all()
