"""Work of a library in a thread that gets no signals, while the backend can be interrupted."""

from __future__ import annotations

import _thread
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

AHEAD = 2
"""How many items are made before they are asked for."""

PATIENCE = 500
"""How often, every 10 ms, an end is asked for before the thread is left alone."""

_BLOCKED = signal.valid_signals() - {
    signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT,
}  # fmt: skip


class _End:
    """Follows the last item."""


def in_background(produce: Callable[[], Iterator[T]], stop: Callable[[], None]) -> Iterator[T]:
    """Give the items that an iterator makes in a thread of its own.

    The thread, and all that libraries start in it, has all signals blocked: PostgreSQL's handlers
    must run in the backend's own thread, which waits here, so that a cancel ends the waiting.

    Parameters
    ----------
    produce
        Makes the iterator; called in the thread.
    stop
        Makes the iterator end soon; called in the backend's thread, perhaps several times, if the
        items are no longer wanted.

    Raises
    ------
    BaseException
        What the iterator raises.
    """
    items: queue.SimpleQueue[tuple[T | type[_End], BaseException | None]] = queue.SimpleQueue()
    wanted = threading.Semaphore(AHEAD)
    closing, finished = threading.Event(), threading.Event()
    started: list[int] = []

    def run() -> None:
        try:
            for item in produce():
                items.put((item, None))
                wanted.acquire()
                if closing.is_set():
                    break
            items.put((_End, None))
        except BaseException as error:  # noqa: BLE001
            items.put((_End, error))
        finally:
            finished.set()

    try:
        _start(run, started)
        while True:
            item, error = items.get()
            if error is not None:
                raise error
            if isinstance(item, type):
                return
            yield item
            wanted.release()
    finally:
        closing.set()
        wanted.release()
        if started:
            _await(finished, stop)


def _start(run: Callable[[], None], started: list[int]) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())  # the next call may raise
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, _BLOCKED)
        started.append(_thread.start_new_thread(run, ()))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _await(finished: threading.Event, stop: Callable[[], None]) -> None:
    for _ in range(PATIENCE):
        if finished.wait(0.01):
            return
        stop()
