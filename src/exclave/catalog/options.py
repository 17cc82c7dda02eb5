"""Options as PostgreSQL stores them: a list of ``name=value``."""

from __future__ import annotations

from collections.abc import Sequence

from exclave.objects import Options
from exclave.objects.options import NO_OPTIONS


def options_of(stored: Sequence[str] | None) -> Options:
    """Give the options of an object.

    Parameters
    ----------
    stored
        Each ``name=value``, split at the first ``=`` as `pg_options_to_table` does; a name cannot
        hold one. ``None`` is no option.
    """
    if not stored:
        return NO_OPTIONS
    pairs = (text.partition("=") for text in stored)
    return Options({name: value for name, _, value in pairs})
