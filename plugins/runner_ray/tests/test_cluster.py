"""What happens on a cluster, as nodes come, differ and die."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="Ray is not installed: it has no wheel for this Python or this system")

import psutil

from slceleb_core.batch.pool import PoolRunner
from slceleb_core.disk import sweep
from slceleb_core.disk.fingerprint import fingerprint
from slceleb_core.disk.output import OutputFolder
from slceleb_core.errors import UsageError
from slceleb_core.jobs import Began, Finished, Lost, Progressed, Report, report_to_json
from slceleb_core.stages import StageConfig
from slceleb_core.testing import builders
from slceleb_core.testing.driving import Play
from slceleb_core.testing.plays import Theatre
from slceleb_runner_ray.config import RayConfig
from slceleb_runner_ray.connection import ATTEMPTS, REPORTING
from slceleb_runner_ray.runner import RayRunner

pytestmark = pytest.mark.slow

PATIENCE = 300.0
"""Seconds: starting processes takes long on a machine that has much else to do."""

TIMED = {"wall_seconds", "frames_per_second", "real_time_factor", "stage_seconds"}


@pytest.fixture
def theatre(tmp_path, site, monkeypatch):
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")])))
    return Theatre(tmp_path / "theatre")


@pytest.fixture
def start(machines, theatre):
    """Give a function that starts a runner with these options."""
    with ExitStack() as stack:

        def begun(workers=8, job=None, **options):
            runner = RayRunner(RayConfig(**{"address": machines.address, **options}), builders.context())
            stack.enter_context(runner)
            runner.begin(job or theatre.job(), workers)
            return Play(runner, PATIENCE)

        yield begun


def in_pool(orders, job):
    with PoolRunner(StageConfig(), builders.context()) as runner:
        runner.begin(job, 1)
        play = Play(runner, PATIENCE)
        play.submit(*orders)
        play.finish()
    return play


def contents(output: Path) -> dict[str, object]:
    """Return every result file by name, without what the clock decides."""
    files = [
        file for file in output.rglob("*") if file.is_file() and not file.relative_to(output).parts[0].startswith(".")
    ]
    return {str(file.relative_to(output)): timeless(file, output) for file in files}


def timeless(file: Path, output: Path) -> object:
    if file.suffix != ".json":
        return file.read_bytes()
    text = file.read_text().replace(str(output), "OUTPUT")
    return json.loads(text, object_hook=lambda tree: {key: tree[key] for key in tree.keys() - TIMED})


def node_of(play, order):
    """Return the beginning of the id of the node that an order was begun on last."""
    began = [event.where for event in play.events if isinstance(event, Began) and event.name == order.name]
    return began[-1].partition("(")[2][:8]


class TestNodesThatDie:
    def test_a_batch_survives_a_power_cut_and_a_partition(self, machines, theatre, start):
        """Of four nodes at work one is killed, and one is not heard of; what they held is done elsewhere.

        The worker that was not heard of goes on when its video has been done by somebody else.
        """
        doomed, cut_off = machines.start(), machines.start()
        held = [theatre.order("waits", f"held-{n}") for n in range(4)]
        others = [*(theatre.order(name=f"video-{n}") for n in range(3)), theatre.order("raises", "bad")]
        play = start()
        play.submit(*held)
        play.until(lambda: all(theatre.process_of(order) for order in held), "all nodes at work")
        places = {node_of(play, order): order for order in held}
        killed, left = places[doomed.node_id[:8]], places[cut_off.node_id[:8]]
        stray = psutil.Process(theatre.process_of(left))
        halted = machines.processes(cut_off)
        for process in halted:
            process.suspend()
        machines.kill(doomed)
        play.until(lambda: len(play.ends()) == 2, "both losses")
        assert {name for name, end in play.ends().items() if isinstance(end, Lost)} == {killed.name, left.name}
        for order in held:
            theatre.go(order)
        play.finish()
        again = Play(play.runner, PATIENCE)
        again.submit(replace(killed, attempt=2), replace(left, attempt=2), *others)
        again.finish()
        assert all(isinstance(end, Finished) for end in again.ends().values())
        standing = (theatre.output / left.name).stat()
        assert not through_with(stray, left)
        stray.resume()
        again.until(lambda: through_with(stray, left), "the end of the work that was cut off")
        assert (theatre.output / left.name).stat() == standing
        assert again.report(others[-1]).fault.kind == "unexpected"
        play.runner.close()
        for process in halted:
            with suppress(psutil.NoSuchProcess):
                process.resume()
        machines.kill(cut_off)
        pooled = theatre.output.with_name("pooled")
        in_pool([*held, *others], theatre.job(output_dir=pooled))
        assert contents(theatre.output) == contents(pooled)
        assert not list((theatre.output / ".partial").iterdir())


def through_with(process, order):
    """Tell whether a worker has let go of a video, or is gone itself."""
    try:
        return str(order.item.video) not in [file.path for file in process.open_files()]
    except psutil.NoSuchProcess:
        return True


class TestNodesThatCome:
    def test_a_node_that_joins_is_used(self, machines, theatre, start):
        play = start()
        assert play.runner.slots == 4
        held = [theatre.order("waits", f"held-{n}") for n in range(3)]
        play.submit(*held)
        joined = machines.start()
        try:
            play.until(lambda: all(theatre.process_of(order) for order in held), "all at work")
            assert play.runner.slots == 6
            assert joined.node_id[:8] in {node_of(play, order) for order in held}
            for order in held:
                theatre.go(order)
            play.finish()
        finally:
            play.runner.close()
            machines.kill(joined)

    def test_one_that_is_not_fit_is_left_out(self, machines, start, older, caplog):
        play = start()
        stranger = machines.start(env_vars={"PYTHONPATH": older})
        try:
            play.until(lambda: "is not used" in caplog.text, "the newcomer refused")
            assert play.runner.slots == 4
        finally:
            play.runner.close()
            machines.kill(stranger)
        assert f"({stranger.node_id[:8]}): slceleb-testing-plays is 0.9 there, 1.0 here" in caplog.text


@pytest.fixture
def older(site, tmp_path):
    """Return a search path on which the plays are of an older version."""
    folder = tmp_path / "older"
    shutil.copytree(site, folder)
    metadata = next(folder.glob("*.dist-info")) / "METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 0.9"))
    return str(folder)


class TestBegin:
    def test_nodes_with_other_versions_are_named(self, machines, start, older):
        stranger = machines.start(env_vars={"PYTHONPATH": older})
        try:
            with pytest.raises(UsageError) as caught:
                start()
        finally:
            machines.kill(stranger)
        assert stranger.node_id[:8] in caught.value.message
        assert "slceleb-testing-plays is 0.9 there, 1.0 here" in caught.value.message

    def test_a_folder_that_nodes_do_not_see_is_named(self, theatre, start, tmp_path, monkeypatch):
        """Every process has a folder /proc/self/cwd, but not all the same one."""
        monkeypatch.chdir(tmp_path)
        with pytest.raises(UsageError, match=r"does not see /proc/self/cwd/results/") as caught:
            start(job=theatre.job(output_dir=Path("/proc/self/cwd/results")))
        assert "cluster.md" in caught.value.hint
        assert not list((tmp_path / "results" / ".partial").iterdir())

    def test_what_no_node_has_is_named(self, start):
        with pytest.raises(UsageError, match="no node of the Ray cluster has what a worker takes: CPU 1, GPU 2"):
            start(num_gpus=2)

    def test_no_cluster_at_the_address(self, theatre):
        runner = RayRunner(RayConfig(address="127.0.0.1:1"), builders.context())
        with pytest.raises(UsageError, match=r"no Ray cluster at 127\.0\.0\.1:1: "):
            runner.begin(theatre.job(), 1)
        runner.close()

    def test_a_process_is_connected_once(self, start, theatre):
        start()
        with pytest.raises(UsageError, match="connected to a Ray cluster already"):
            start()

    def test_no_more_workers_than_allowed(self, start):
        assert start(max_workers=1).runner.slots == 2


class TestResultsElsewhere:
    def test_under_a_url(self, theatre, start, tmp_path):
        """All files there, the light ones here; what an earlier run left there is kept."""
        store = tmp_path / "store"
        job = theatre.job(profile=with_clips(theatre.job().profile))
        first, bad = theatre.order(), theatre.order("raises", "bad")
        order = replace(first, key="another")
        for orders in ([first, bad], [order]):
            play = start(job=job, results=f"file://{store}", scratch=tmp_path / "scratch")
            play.submit(*orders)
            play.finish()
            play.runner.close()
        here, there = contents(theatre.output), contents(store)
        pooled = theatre.output.with_name("pooled")
        in_pool([order], replace(job, output_dir=pooled))
        assert there == contents(pooled)
        assert here == {name: content for name, content in there.items() if Path(name).suffix not in (".wav", ".mp4")}
        assert len(here) < len(there)
        assert (store / ".earlier" / "video.1" / "source.json").is_file()
        assert not any(file.is_file() for place in (theatre.output, store) for file in (place / ".partial").rglob("*"))
        (scratch,) = (tmp_path / "scratch").iterdir()
        sweep(scratch)  # as the next run does: an actor that is killed leaves its lock, which nobody holds
        assert not any(file.is_file() for file in scratch.rglob("*"))

    def test_a_store_that_cannot_be_reached(self, theatre, start, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(UsageError, match=r"cannot write to file://"):
            start(results=f"file://{tmp_path}/file/store")
        assert not list((theatre.output / ".partial").iterdir())

    def test_a_store_that_nobody_knows(self, start):
        with pytest.raises(UsageError, match="cannot put results under nowhere://here"):
            start(results="nowhere://here")


def with_clips(profile):
    return {**profile, "sinks": [{"use": "json"}, {"use": "clips"}]}


class TestGoingOn:
    def test_results_that_stand_are_not_made_again(self, theatre, start):
        """The driver may have been killed after it moved them into place, before the journal had it."""
        order = theatre.order()
        state(theatre, order)
        before = (theatre.output / order.name).stat()
        play = start()
        play.submit(order)
        play.finish()
        report = play.report(order)
        assert report.folder == theatre.output / order.name
        assert report.warnings == ("made earlier",)
        assert (theatre.output / order.name).stat() == before

    def test_those_of_another_key_are_replaced_and_kept(self, theatre, start):
        order = theatre.order()
        state(theatre, replace(order, key="another"))
        play = start()
        play.submit(order)
        play.finish()
        assert play.report(order).warnings == ()
        assert "made earlier" in (theatre.output / ".earlier" / f"{order.name}.1" / "source.json").read_text()


def state(theatre, order):
    """Leave results as an earlier run would have."""
    made_of = fingerprint(order.item.video)
    report = Report(order.name, fingerprint=made_of, warnings=("made earlier",))
    output = OutputFolder(theatre.output, order.item.video, order.name)
    output.state(key=order.key, fingerprint=made_of, report=report_to_json(report))
    output.publish()


def test_a_cluster_that_dies_stops_the_batch(machines, start, theatre, monkeypatch):
    """There is nobody left, and nobody comes."""
    lonely = machines.start(resources={"special": 1})
    play = start(resources={"special": 1}, patience=0.5)
    machines.kill(lonely)
    with pytest.raises(UsageError, match="no node of the Ray cluster that can be used"):
        play.until(lambda: False, "the end of patience")
    assert play.runner.slots == 0


def test_from_outside_of_the_cluster(machines, theatre):
    """`ray://`: the driver talks to a server on the head."""
    with RayRunner(RayConfig(address=machines.outside), builders.context()) as runner:
        runner.begin(theatre.job(), 2)
        play = Play(runner, PATIENCE)
        order, killed = theatre.order(), theatre.order("killed", "killed")
        play.submit(order, killed)
        play.finish()
        assert play.report(order).fault is None
        assert isinstance(play.ends()["killed"], Lost)
        assert any(isinstance(event, Progressed) for event in play.events)


def aborting(times, monkeypatch):
    """Have the cluster's server let go of the first calls, as it does where the process it has forked dies."""
    from ray.util.client.worker import Worker

    original, calls = Worker._server_init, []

    def server_init(self, *arguments, **named):
        calls.append(self)
        if len(calls) <= times:
            raise ConnectionAbortedError("Initialization failure from server:\nStarting Ray client server failed.")
        return original(self, *arguments, **named)

    monkeypatch.setattr(Worker, "_server_init", server_init)
    return calls


def test_a_connection_that_was_let_go_of_is_tried_again(machines, theatre, monkeypatch, caplog):
    calls = aborting(1, monkeypatch)
    with RayRunner(RayConfig(address=machines.outside), builders.context()) as runner:
        runner.begin(theatre.job(), 2)
        assert runner.slots > 0
    assert 2 <= len(calls) <= ATTEMPTS  # the cluster may let go of one by itself
    assert "trying again: Starting Ray client server failed." in caplog.text


def test_a_connection_that_is_let_go_of_each_time_is_given_up(machines, theatre, monkeypatch):
    calls = aborting(99, monkeypatch)
    with (
        RayRunner(RayConfig(address=machines.outside), builders.context()) as runner,
        pytest.raises(UsageError, match="Starting Ray client server failed"),
    ):
        runner.begin(theatre.job(), 2)
    assert len(calls) == ATTEMPTS


OUTBOUND = re.compile(r"(?:connect|sendto|sendmsg|sendmmsg)\(.*(?:AF_INET6?|sin6?_port)")
"""A system call that addresses a host."""

OWN_ADDRESS = re.compile(r"htons\(53\), sin_addr=inet_addr\(\"8\.8\.8\.8\"\)")
"""How Ray asks the system which of its addresses leads out: a datagram socket that nothing is sent through."""


class TestPrivacy:
    SCRIPT = str(Path(__file__).with_name("own_cluster.py"))

    def test_a_cluster_of_ones_own_talks_to_nobody(self, theatre, tmp_path, monkeypatch):
        """Usage statistics are off, there is no dashboard, a token is asked for, and no other host is addressed."""
        for name in [*REPORTING, "RAY_AUTH_MODE", "RAY_AUTH_TOKEN"]:
            monkeypatch.delenv(name)
        log = tmp_path / "calls"
        strace = shutil.which("strace")
        watched = [strace, "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(log)] if strace else []
        command = [*watched, sys.executable, self.SCRIPT, str(theatre.output)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        facts = json.loads(done.stdout.splitlines()[-1])
        assert facts == {"usage_stats": "0", "enabled": False, "dashboard": None, "token": True, "slots": 2}
        if strace is None:
            pytest.skip("no strace: the system calls of a cluster cannot be read")
        calls = [
            line for line in log.read_text().splitlines() if OUTBOUND.search(line) and not OWN_ADDRESS.search(line)
        ]
        assert calls
        assert [line for line in calls if not own(line)] == []


def own(call):
    """Tell whether a system call addresses this machine."""
    named = re.search(r'"(?:::ffff:)?([0-9.]+|[0-9a-f:]+)"', call)
    addresses = {entry.address for card in psutil.net_if_addrs().values() for entry in card}
    return named is not None and (named[1] in addresses or named[1].startswith("127."))
