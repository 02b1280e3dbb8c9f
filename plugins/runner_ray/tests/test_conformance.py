"""The runner keeps the contract of every runner, on a cluster that outlives it."""

from __future__ import annotations

import pytest

pytest.importorskip("ray", reason="Ray is not installed: it has no wheel for this Python or this system")

from slceleb_core.disk.atomic import PARTIAL
from slceleb_core.testing.conformance import RunnerConformance
from slceleb_core.testing.driving import eventually
from slceleb_runner_ray.config import RayConfig
from slceleb_runner_ray.runner import RayRunner

pytestmark = pytest.mark.slow


class TestRay(RunnerConformance):
    stage = RayRunner
    patience = 300.0

    @pytest.fixture(autouse=True)
    def _cluster(self, machines):
        self.address = machines.address

    def config(self):
        return RayConfig(address=self.address)

    def test_cancelling_hits_no_other_order(self, alone, theatre):
        """As everywhere; but nothing is moved into place, and nothing begun, while nobody calls the runner."""
        order, later = theatre.order(name="order"), theatre.order(name="later")
        alone.submit(order)
        alone.until(lambda: alone.begun(order), "the order under way")
        handed_over = (theatre.output / PARTIAL).glob
        assert eventually(lambda: any(handed_over("*/*/order/source.json")), self.patience)
        alone.runner.cancel("order")
        alone.submit(later)
        alone.finish()
        assert alone.report(later).fault is None
