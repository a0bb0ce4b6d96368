"""Readers run GPTs one after the other, in the order in which they asked, and not without end."""

import threading
import time

import pytest

from culture_core.errors import CultureError
from dashboard.data.workers import Turns, in_turn, side_by_side


def test_results_come_in_order_and_progress_is_told():
    told = []
    assert side_by_side(lambda n: n * n, [3, 1, 2], told.append) == [9, 1, 4]
    assert told == pytest.approx([1 / 3, 2 / 3, 1])
    assert in_turn(lambda: "done") == "done"


def test_those_who_ask_get_their_turns_one_by_one_in_their_order():
    turns, order, inside = Turns(most_waiting=20, patience_seconds=30), [], []

    def reader(number: int) -> None:
        with turns.turn():
            inside.append(number)
            assert len(inside) == 1
            order.append(number)
            time.sleep(0.005)
            inside.remove(number)

    threads = [threading.Thread(target=reader, args=(number,)) for number in range(10)]
    with turns.turn():
        for asked, thread in enumerate(threads, start=2):
            thread.start()
            while len(turns._waiting) < asked:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == list(range(10))


def test_too_many_and_too_patient_readers_are_told_to_come_back():
    turns = Turns(most_waiting=0, patience_seconds=30)
    with turns.turn(), pytest.raises(CultureError, match="too many readers"), turns.turn():
        pass
    turns = Turns(most_waiting=5, patience_seconds=0.01)
    with turns.turn(), pytest.raises(CultureError, match="in a minute"), turns.turn():
        pass


def test_a_turn_that_fails_gives_way_to_the_next():
    turns = Turns(most_waiting=5, patience_seconds=1)
    with pytest.raises(ValueError), turns.turn():
        raise ValueError
    with turns.turn():
        pass
