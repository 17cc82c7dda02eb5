"""How the demo prints: numbered steps, tables, and SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import count

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

INDENT = 4

console = Console(highlight=False)
_numbers = count(1)
_CLAUSE = re.compile(
    r"(?<!DELETE) (?=(?:FROM|WHERE|GROUP BY|HAVING|ORDER BY|VALUES|RETURNING|OPTIONS) )"
)


def step(title: str) -> None:
    """Say what comes next."""
    console.print()
    console.print(Text.assemble((f"{next(_numbers):>2}  ", "bold cyan"), (title, "bold")))


def say(text: str | Text) -> None:
    """Print a line, or several, below the current step."""
    _print(Text.from_markup(text) if isinstance(text, str) else text)


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows; a column of numbers is set right."""
    made = Table(box=box.ROUNDED)
    cells = [list(row) for row in rows]
    for number, name in enumerate(header):
        numeric = all(isinstance(row[number], int | float) for row in cells)
        made.add_column(name, justify="right" if numeric else "left")
    for row in cells:
        made.add_row(*map(_shown, row))
    say(f"[italic]{title}[/]")
    console.print(Padding(made, (0, 0, 0, INDENT), expand=False))


def statements(title: str, found: Iterable[str]) -> None:
    """Print SQL, each clause on a line of its own."""
    say(f"[dim]{title}[/]")
    for sql in found:
        lines = _CLAUSE.sub("\n  ", sql)
        syntax = Syntax(lines, "postgresql", theme="ansi_dark", background_color="default")
        text = syntax.highlight(lines)
        text.rstrip()
        text.no_wrap = False
        _print(text, INDENT + 2)


def _print(text: Text, indent: int = INDENT) -> None:
    """Print below a margin, without spaces at the ends of lines."""
    for line in text.wrap(console, console.width - indent):
        line.rstrip()
        if line:
            console.print(Text.assemble(" " * indent, line))


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
