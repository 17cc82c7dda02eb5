"""The garbage collector is as it was after a read."""

from __future__ import annotations

import gc

import pytest

from exclave.catalog.collector import paused_collector


def fail_while_paused() -> None:
    with paused_collector():
        assert not gc.isenabled()
        raise ValueError


def test_a_running_collector_runs_again_even_after_a_failure() -> None:
    assert gc.isenabled()
    with pytest.raises(ValueError, match=r"^$"):
        fail_while_paused()
    assert gc.isenabled()


def test_a_stopped_collector_stays_stopped() -> None:
    gc.disable()
    try:
        with paused_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
