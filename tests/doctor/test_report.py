"""The forms of a report, and the codes that a finding may have."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from rich.console import Console

import exclave.doctor
from exclave.catalog.collation import Collation
from exclave.catalog.minor_versions import fixes, missing_fixes
from exclave.doctor import Finding, Remedy, Report, kinds
from exclave.doctor.report import report

PACKAGE = Path(exclave.doctor.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "doctor.md"

SLOW = Finding(
    "default-fetch-size",
    'foreign server "a"',
    "100 at a time.",
    Remedy("hub", ("ALTER SERVER a;",)),
)
SILENT = Finding("server-silent", 'foreign server "b"', "No answer.\nAt all.")
OLD = Finding("old-minor-version", "PostgreSQL 15.1", "Fixes are missing.")


def test_every_code_is_used_by_a_check_and_every_code_in_use_is_listed() -> None:
    texts = [path.read_text() for path in (PACKAGE / "checks").glob("*.py")]
    used = {each for text in texts for each in re.findall(r'"([a-z]+(?:-[a-z]+)+)"', text)}
    assert used - {"foreign-data"} == kinds().keys()


def test_every_code_is_documented_with_its_severity_and_no_other() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \| (\w+) \| \S.* \| \S.* \|$", PAGE.read_text(), re.MULTILINE
    )
    assert dict(rows) == {code: kind.severity for code, kind in kinds().items()}


def test_the_gravest_finding_comes_first() -> None:
    made = report([SLOW, OLD, SILENT], ["a", "b"], [])
    assert made.findings == (SILENT, OLD, SLOW)
    assert made.of("advice") == (SLOW,)


@pytest.mark.parametrize(
    ("findings", "code"), [([], 0), ([SLOW], 0), ([SLOW, OLD], 2), ([SILENT], 2)]
)
def test_the_exit_code_tells_whether_anything_is_graver_than_advice(
    findings: list[Finding], code: int
) -> None:
    assert report(findings, [], []).exit_code == code


def test_as_text_it_says_what_to_do_and_where() -> None:
    text = report([SLOW, SILENT], ["a", "b"], ["c was not tried."]).text()
    assert text.splitlines() == [
        'error: foreign server "b" [server-silent]',
        "    No answer.",
        "    At all.",
        'advice: foreign server "a" [default-fetch-size]',
        "    100 at a time.",
        "    On the hub:",
        "        ALTER SERVER a;",
        "note: c was not tried.",
        "2 foreign servers examined: 1 error, 0 warnings, 1 advice.",
    ]


def test_in_colours_it_says_the_same() -> None:
    made = report([SLOW, SILENT], ["a"], [])
    console = Console(width=1000, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(made, end="")
    assert captured.get() == made.text()


def test_as_json_it_holds_everything() -> None:
    made = report([SLOW], ["a"], ["a note"])
    assert json.loads(made.json()) == {
        "findings": [
            {
                "code": "default-fetch-size",
                "subject": 'foreign server "a"',
                "message": "100 at a time.",
                "remedies": [{"where": "hub", "lines": ["ALTER SERVER a;"]}],
                "severity": "advice",
            }
        ],
        "servers": ["a"],
        "notes": ["a note"],
    }


def test_an_empty_report_says_so() -> None:
    assert Report(servers=("a",)).text() == "1 foreign server examined: nothing to remark.\n"


def test_a_fix_counts_for_whom_it_concerns_and_from_its_minor_version_on() -> None:
    everything = frozenset(fix.needs for fix in fixes())
    for fix in fixes():
        for major, minor in fix.fixed.items():
            assert fix in missing_fixes(major * 10000 + minor - 1, frozenset({fix.needs}))
            assert fix not in missing_fixes(major * 10000 + minor - 1, everything - {fix.needs})
            assert fix not in missing_fixes(major * 10000 + minor, everything)


@pytest.mark.parametrize(
    ("row", "encoding", "same_as_bytes_of_utf8"),
    [
        ({"datcollate": "C"}, "UTF8", True),
        ({"datcollate": "POSIX", "datlocprovider": "c"}, "UTF8", True),
        ({"datcollate": "C.UTF-8", "datlocprovider": "c"}, "UTF8", True),
        ({"datcollate": "C", "datlocprovider": "b", "datlocale": "C.UTF-8"}, "UTF8", True),
        ({"datcollate": "C"}, "LATIN1", True),
        ({"datcollate": "C"}, "WIN1251", False),
        ({"datcollate": "en_US.utf8"}, "UTF8", False),
        ({"datcollate": "C", "datlocprovider": "i", "daticulocale": "en"}, "UTF8", False),
        ({"datcollate": "C", "datlocprovider": "i", "datlocale": "en"}, "UTF8", False),
    ],
)
def test_collations_are_alike_that_sort_alike(
    row: dict[str, str], encoding: str, same_as_bytes_of_utf8: bool
) -> None:
    collation = Collation.of(row, encoding)
    assert (collation == Collation.of({"datcollate": "C"}, "UTF8")) is same_as_bytes_of_utf8


def test_a_locale_has_several_spellings() -> None:
    one, two = ({"datcollate": name} for name in ("en_US.UTF-8", "en_US.utf8"))
    assert Collation.of(one, "UTF8") == Collation.of(two, "UTF8")
