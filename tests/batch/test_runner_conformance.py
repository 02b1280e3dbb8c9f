"""The built-in runners keep the contract of every runner."""

from slceleb_core.batch.inline import InlineRunner
from slceleb_core.batch.pool import PoolRunner
from slceleb_core.testing.conformance import RunnerConformance


class TestPool(RunnerConformance):
    stage = PoolRunner


class TestInline(RunnerConformance):
    stage = InlineRunner
