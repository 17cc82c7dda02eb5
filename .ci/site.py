"""A hook of mkdocs: blocks that say where they are run, in the manner that it understands."""

from __future__ import annotations

import re
from typing import Any

_FENCE = re.compile(r"^( *```)(\w+) (hub|remote|nl|be|run)$", re.MULTILINE)
_TITLES = {
    "hub": ' title="on the hub"',
    "remote": ' title="on the remote"',
    "nl": ' title="in nl"',
    "be": ' title="in be"',
    "run": "",
}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Write ``sql hub`` as a block with a title."""
    return _FENCE.sub(lambda match: match[1] + match[2] + _TITLES[match[3]], markdown)
