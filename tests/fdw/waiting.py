"""Acting at the moment at which something happens in a server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def acting_once(happens: Callable[[], object], act: Callable[[], object]) -> Iterator[None]:
    """Ask again and again whether it happens, and act as soon as it does; not after the block."""
    over = threading.Event()

    def wait() -> None:
        while not happens():
            if over.wait(0.02):
                return
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
