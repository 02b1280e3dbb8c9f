"""What is settled of faces is told a fixed number of key frames later, whoever is faster."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from slceleb_core.perception.settling import Settling


def test_each_is_told_of_the_one_that_lies_so_many_back():
    settling, heard = Settling(2), []
    for number in range(6):
        heard.append(settling.matters())
        settling.tell(matters=number % 2 == 0)
    assert heard == [True, True, True, False, True, False]


def test_whoever_is_ahead_waits():
    settling = Settling(1)
    with ThreadPoolExecutor(1) as pool:
        assert settling.matters()
        asked = pool.submit(settling.matters)
        time.sleep(0.05)
        assert not asked.done()
        settling.tell(matters=False)
        assert asked.result(5) is False


def test_whoever_is_behind_does_not_lose_anything():
    settling = Settling(1)
    for told in (False, True, False):
        settling.tell(matters=told)
    assert [settling.matters() for _ in range(4)] == [True, False, True, False]


def test_nobody_waits_for_what_is_not_told_any_more():
    settling = Settling(0)
    waiting = threading.Thread(target=settling.matters)
    waiting.start()
    settling.leave()
    waiting.join(5)
    assert not waiting.is_alive()
