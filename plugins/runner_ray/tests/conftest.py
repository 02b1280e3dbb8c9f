"""A real cluster on this machine: three nodes, each with processes of its own."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from slceleb_core.testing.plays import Theatre
from slceleb_runner_ray.connection import REPORTING

# before Ray is imported, which reads them then
os.environ.update(REPORTING)
os.environ["RAY_AUTH_MODE"] = "token"
os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)

OBJECT_STORE = 100 * 2**20
"""Bytes: about the least that Ray takes."""

HEALTH = {
    "_system_config": {
        "health_check_period_ms": 1000,
        "health_check_timeout_ms": 2000,
        "health_check_failure_threshold": 3,
    }
}
"""A node that does not answer is given up within ten seconds, not within a minute."""


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Machines:
    """A cluster, and how its nodes are started and killed."""

    def __init__(self, nodes: int) -> None:
        from ray.cluster_utils import Cluster

        arguments = {"num_cpus": 0, "object_store_memory": OBJECT_STORE, "include_dashboard": False, **HEALTH}
        arguments["ray_client_server_port"] = free_port()
        self.outside = f"ray://127.0.0.1:{arguments['ray_client_server_port']}"
        self.cluster = Cluster(initialize_head=True, head_node_args=arguments)
        self.nodes = [self.start() for _ in range(nodes)]

    @property
    def address(self) -> str:
        return self.cluster.address

    def start(self, **arguments: Any) -> Any:
        given = {"num_cpus": 1, "object_store_memory": OBJECT_STORE, **arguments}
        return self.cluster.add_node(**given)

    def processes(self, node: Any) -> list[psutil.Process]:
        """Return what runs on a node: the workers, and then what looks after them."""
        raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
        return [*raylet.children(recursive=True), raylet]

    def kill(self, node: Any) -> None:
        """Kill a node as a power cut does: all its processes at once."""
        self.cluster.remove_node(node, allow_graceful=False)
        if node in self.nodes:
            self.nodes.remove(node)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the plugin by which workers find the stages of the plays."""
    return Theatre(tmp_path_factory.mktemp("site")).site


@pytest.fixture(scope="session")
def machines(site: Path) -> Iterator[Machines]:
    """Yield a cluster of a head that does not work and two nodes that do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")])))
        running = Machines(2)
    yield running
    running.cluster.shutdown()
