"""What takes time is drawn ahead, in a thread that nobody has to think of."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from slceleb_core.media.ahead import Ahead

PATIENCE = 5.0
"""Seconds after which a thread that should be at it, or gone, has failed to be."""


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "slceleb-ahead"]


def until(true):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.001)


class Source:
    """Yields numbers, and knows how many were drawn, and whether it was closed."""

    def __init__(self, count, fails=None):
        self.drawn, self.closed, self.count, self.fails = 0, threading.Event(), count, fails

    def __iter__(self):
        try:
            for number in range(self.count):
                self.drawn += 1
                yield number
            if self.fails is not None:
                raise self.fails
        finally:
            self.closed.set()


def ahead(source, most=4, room=1000, size=lambda _: 1):
    return Ahead(source, size, most, room)


def test_all_comes_in_order_and_then_the_end():
    with ahead(Source(50)) as items:
        assert list(items) == list(range(50))
        assert list(items) == []
    assert not threads()


def test_an_error_comes_behind_what_was_fine_and_once():
    with ahead(Source(6, OSError("gone"))) as items:
        assert [next(items) for _ in range(6)] == list(range(6))
        with pytest.raises(OSError, match="gone"):
            next(items)
        assert list(items) == []
    assert not threads()


@pytest.mark.parametrize(("most", "room", "size", "waiting"), [(3, 1000, 1, 3), (100, 10, 4, 2), (100, 10, 25, 1)])
def test_no_more_waits_than_there_is_room_for(most, room, size, waiting):
    source = Source(40)
    with ahead(source, most, room, lambda _: size) as items:
        for taken in range(10):
            until(lambda taken=taken: source.drawn == taken + waiting + 1)  # one more is in the thread's hands
            time.sleep(0.002)
            assert source.drawn == taken + waiting + 1
            assert next(items) == taken


def test_whoever_leaves_ends_the_thread_and_closes_what_it_draws_from():
    source = Source(1000)
    with ahead(source) as items:
        assert next(items) == 0
    assert source.closed.is_set()
    assert not threads()
    assert list(items) == []


def test_ctrl_c_while_waiting_leaves_nothing():
    halted = threading.Event()

    def slow():
        yield 0
        time.sleep(0.05)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        halted.wait(PATIENCE)
        yield 1

    def wait():
        with ahead(slow()) as items:
            try:
                list(items)
            finally:
                halted.set()

    with pytest.raises(KeyboardInterrupt):
        wait()
    until(lambda: not threads())
