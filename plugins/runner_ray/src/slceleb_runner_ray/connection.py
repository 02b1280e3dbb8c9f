"""Connecting to a cluster, or starting one on this machine; nothing leaves it that the user did not send."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from slceleb_core.errors import UsageError
from slceleb_runner_ray.config import MIB, RayConfig

log = logging.getLogger(__name__)

OBJECT_STORE = 100 * MIB
"""Shared memory, in bytes, of a cluster of one's own: what passes through Ray here is kilobytes, and this is about the
least that Ray takes."""

KNOCKING = 10.0
"""Seconds that a host is given to answer."""

ATTEMPTS = 5
"""How often a connection is tried. From outside of a cluster it takes a process of its own there, which Ray forks in
the midst of gRPC's threads; now and then that process dies before it has begun, and a later one lives. On a busy
machine two in a row were seen to die."""

REPORTING = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_USAGE_STATS_REPORT_URL": "http://127.0.0.1:9/"}
"""What keeps Ray from reporting to its makers. Told not to, it would still report that it was told: hence an address
where nobody listens."""


def connect(config: RayConfig) -> None:
    """Connect this process to the cluster of `config`.

    Raises
    ------
    UsageError
        There is none, it takes no connection from here, or this process has one already.
    """
    os.environ.update(REPORTING)
    if config.address is None:
        _own_token()
    import ray  # only now: it reads the environment when it is imported

    if ray.is_initialized():
        raise UsageError("this process is connected to a Ray cluster already", "call ray.shutdown() first")
    _knock(config.address)
    try:
        with _handlers_kept():
            _quieten()
            with _no_dashboard():
                _begin(config)
    except Exception as error:
        ray.shutdown()
        raise _absent(config.address, error) from error


def disconnect() -> None:
    """Let go of the cluster; one that :func:`connect` started ends."""
    import ray

    with _handlers_kept():
        ray.shutdown()


def _begin(config: RayConfig) -> None:
    """Call ``ray.init``, and again where the cluster has let go of the call.

    Raises
    ------
    ConnectionError
        It did so each time.
    """
    import ray

    for left in reversed(range(ATTEMPTS)):
        try:
            ray.init(namespace=config.namespace, configure_logging=False, log_to_driver=False, **_where(config))
        except ConnectionAbortedError as error:
            ray.shutdown()
            if not left:
                raise
            log.warning("the Ray cluster has let go of the connection, trying again: %s", str(error).split("\n")[-1])
        else:
            return


def _knock(address: str | None) -> None:
    """Make sure that somebody listens at an address: Ray itself would try for most of an hour."""
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if not colon or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), KNOCKING).close()
    except (OSError, OverflowError) as error:
        raise _absent(address, error) from error


def _absent(address: str | None, error: Exception) -> UsageError:
    where = "on this machine" if address is None else f"at {address}"
    reason = " ".join(str(error).split())
    return UsageError(f"no Ray cluster {where}: {reason}", "docs/cluster.md says how to start one")


def _quieten() -> None:
    """Have what raylets tell drivers go to the log: Ray prints it, and has no switch for that.

    Only a private name can be got hold of; should a later version of Ray do without it, its messages are printed again.
    """
    from ray._private import worker

    def to_log(data: Mapping[str, Any], *_: Any, **__: Any) -> None:
        for line in data.get("lines", ()):
            log.debug("%s: %s", data.get("pid", "ray"), line)

    worker.print_to_stdstream = to_log


@contextmanager
def _no_dashboard() -> Iterator[None]:
    """Have a cluster of one's own without the dashboard's process.

    Ray starts it also where no dashboard is wanted, for usage statistics; and where those are not wanted either, it
    asks the network which cloud this is. Only a private name can be got hold of.
    """
    from ray._private import services

    original = services.start_api_server
    services.start_api_server = lambda *_, **__: (None, None)
    try:
        yield
    finally:
        services.start_api_server = original


def _where(config: RayConfig) -> dict[str, Any]:
    if config.address is not None:
        return {"address": config.address}
    return {
        "address": "local",  # without it, Ray would take the cluster that RAY_ADDRESS names
        "include_dashboard": False,
        "object_store_memory": OBJECT_STORE,
    }


def _own_token() -> None:
    """Give a cluster of one's own, which asks for a token, one that dies with it; Ray's would stay in the home."""
    if not {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys():
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
        if "ray" not in sys.modules:  # Ray reads it on import; told nothing it does the same, with a warning
            os.environ["RAY_AUTH_MODE"] = "token"


@contextmanager
def _handlers_kept() -> Iterator[None]:
    """Restore the handlers of signals: Ray puts in its own, and a batch has some, too."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers, so Ray sets none
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
