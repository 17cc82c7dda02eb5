"""Free text, such as comments and SQL expressions: what PostgreSQL can store."""

from __future__ import annotations

from typing import TypeVar

from exclave.errors import DeclarationError

_Text = TypeVar("_Text", str, str | None)


def check_text(text: _Text, what: str) -> _Text:
    """Check that PostgreSQL can store a text.

    Parameters
    ----------
    text
        The text, possibly empty; ``None`` is accepted.
    what
        Which text of which object it is, for the message; the text itself is not shown.

    Returns
    -------
    str or None
        The same text.

    Raises
    ------
    DeclarationError
        When it is no string, or holds a NUL character or a lone surrogate.
    """
    if text is None:
        return text
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DeclarationError(f"The {what} must be a string, not a {type(text).__name__}.")
    if "\0" in text:
        raise DeclarationError(f"The {what} holds a NUL character, which PostgreSQL cannot store.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            fault = DeclarationError(f"The {what} holds a lone surrogate, which is no UTF-8.")
        else:
            return text
        raise fault
    return text
