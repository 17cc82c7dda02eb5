"""The report of an examination: for a person, for a program, and as an exit code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from exclave.doctor.finding import SEVERITIES, Finding, Severity

if TYPE_CHECKING:
    from rich.text import Text

_STYLES = {"error": "bold red", "warning": "yellow", "advice": "cyan"}
_WHERE = {
    "hub": "On the hub",
    "remote": "On the remote",
    "pg_hba.conf": "In the remote's pg_hba.conf",
    "pgbouncer.ini": "In the pooler's pgbouncer.ini",
    "code": "Where it is declared",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What `exclave.doctor.examine` found.

    Parameters
    ----------
    findings
        The findings, the gravest first.
    servers
        The names of the foreign servers that were examined.
    notes
        What could not be examined, a sentence each.
    """

    findings: tuple[Finding, ...] = ()
    servers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """Give the findings of one severity."""
        return tuple(finding for finding in self.findings if finding.severity == severity)

    @property
    def exit_code(self) -> int:
        """0 when nothing is graver than advice, else 2."""
        return 2 if self.of("error") or self.of("warning") else 0

    def text(self) -> str:
        """Give the report for a person to read; no value of a secret is in it."""
        return "".join(f"{text}\n" for text, _ in self._lines())

    def __rich__(self) -> Text:
        from rich.text import Text

        text = Text()
        for line, style in self._lines():
            text.append(line + "\n", style)
        return text

    def to_dict(self) -> dict[str, Any]:
        """Give the report as JSON takes it; no value of a secret is in it."""
        return asdict(self)

    def json(self, *, indent: int | None = 2) -> str:
        """Give the report as JSON text.

        Parameters
        ----------
        indent
            Spaces a level; ``None`` puts it on one line.
        """
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    def _lines(self) -> Iterator[tuple[str, str]]:
        """Give the lines, and the style of each."""
        for finding in self.findings:
            yield (
                f"{finding.severity}: {finding.subject} [{finding.code}]",
                _STYLES[finding.severity],
            )
            for line in finding.message.splitlines():
                yield f"    {line}", ""
            for remedy in finding.remedies:
                yield f"    {_WHERE[remedy.where]}:", "dim"
                for line in remedy.lines:
                    yield f"        {line}", ""
        for note in self.notes:
            yield f"note: {note}", "dim"
        yield self._summary(), "bold"

    def _summary(self) -> str:
        count = len(self.servers)
        servers = f"{count} foreign server{'' if count == 1 else 's'} examined"
        if not self.findings:
            return f"{servers}: nothing to remark."
        words = (f"{len(self.of(each))} {_plural(each, len(self.of(each)))}" for each in SEVERITIES)
        return f"{servers}: {', '.join(words)}."


def _plural(severity: Severity, count: int) -> str:
    return severity if severity == "advice" or count == 1 else f"{severity}s"


def report(findings: Iterable[Finding], servers: Iterable[str], notes: Iterable[str]) -> Report:
    """Put findings in order, the gravest first."""
    ordered = sorted(
        findings, key=lambda each: (SEVERITIES.index(each.severity), each.subject, each.code)
    )
    return Report(tuple(ordered), tuple(servers), tuple(dict.fromkeys(notes)))
