from collections.abc import Callable
from typing import TypeVar

_Session = TypeVar("_Session")

DEBUG: int
LOG: int
INFO: int
NOTICE: int
WARNING: int

class Cancelled(BaseException): ...

def log(level: int, message: str, /) -> None: ...
def check_interrupts() -> None: ...
def session(server: int, user: int, make: Callable[[], _Session], /) -> _Session: ...
