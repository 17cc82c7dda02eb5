DEBUG: int
LOG: int
INFO: int
NOTICE: int
WARNING: int

class Cancelled(BaseException): ...

def log(level: int, message: str, /) -> None: ...
def check_interrupts() -> None: ...
