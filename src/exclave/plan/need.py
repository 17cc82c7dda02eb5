"""Something that a plan needs of the database, and what to say when it is not there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """Something that must be true before a plan is run.

    Parameters
    ----------
    question
        One of the questions of ``prerequisites.sql``.
    name
        What it is asked of.
    schema
        The schema that holds it, or whatever else the question needs.
    message
        What to say when it is not.
    remedy
        The statement that an administrator must run then; empty when it takes more than that.
    """

    question: str
    name: str
    message: str
    remedy: str = ""
    schema: str = ""
