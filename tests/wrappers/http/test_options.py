"""Options of the wrapper of answers in JSON: what would never work is refused at once."""

from __future__ import annotations

import pytest

from exclave.fdw import OptionError, Options
from exclave.wrappers.http import options


@pytest.mark.parametrize(
    ("declared", "given"),
    [
        (options.ServerOptions, {"timeout": "nan"}),
        (options.ServerOptions, {"timeout": "inf"}),
        (options.ServerOptions, {"timeout": "1e300"}),
        (options.ServerOptions, {"timeout": "0"}),
        (options.ServerOptions, {"retries": "-1"}),
        (options.ServerOptions, {"page_size": "0"}),
        (options.TableOptions, {"page_size": "-1"}),
        (options.TableOptions, {"estimate": "-1"}),
        (options.WrapperOptions, {"allow": "https:// http://[::1/"}),
        (options.MappingOptions, {"header": "X Y", "value": "x"}),
        (options.MappingOptions, {"header": "X:", "value": "x"}),
        (options.MappingOptions, {"header": "", "value": "x"}),
    ],
)
def test_options_that_would_never_work_are_refused_at_once(
    declared: type[Options], given: dict[str, str]
) -> None:
    more = {"url": "http://host/"} if declared is options.ServerOptions else {}
    assert declared.parse(more)
    with pytest.raises(OptionError, match="the option") as error:
        declared.parse({**more, **given})
    assert error.value.sqlstate == "HV024"
