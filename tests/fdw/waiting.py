"""Acting at the moment at which something happens in a server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from exclave.cluster import Cluster


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


def when_said(
    cluster: Cluster, words: str, act: Callable[[], object]
) -> AbstractContextManager[None]:
    """Act as soon as the server's log has these words once more."""
    before = cluster.log().count(words)
    return acting_once(lambda: cluster.log().count(words) > before, act)
