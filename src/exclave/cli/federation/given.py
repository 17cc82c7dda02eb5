"""What is given on a command line: pairs of a name and a value, passwords, and consent."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from exclave.cli.run import Run
from exclave.errors import ProjectError
from exclave.objects import Options, Secret
from exclave.objects.options import OptionInput

Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label", metavar="NAME=VALUE", help="A word about members, by name; may be repeated."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def pairs(given: Sequence[str] | None, option: str) -> dict[str, str]:
    """Read pairs such as ``country=NL``.

    Parameters
    ----------
    given
        The pairs.
    option
        How the option is called, for messages.

    Raises
    ------
    ProjectError
        When one has no equals sign or no name, or a name comes twice.
    """
    found: dict[str, str] = {}
    for each in given or ():
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise ProjectError(f"{option} takes NAME=VALUE, such as {option} country=NL.")
        if name in found:
            raise ProjectError(f"{option} {name}=… is given twice.")
        found[name] = value
    return found


def plain(given: Mapping[str, OptionInput], option: str) -> dict[str, OptionInput]:
    """Check that none of some options is a secret: others can see the command line.

    Parameters
    ----------
    given
        The options by name.
    option
        How they are given, for messages.

    Raises
    ------
    ProjectError
        When one is.
    """
    for name, value in Options(given).items():
        if isinstance(value, Secret):
            raise ProjectError(
                f"{option} {name}=…: it is a secret, and others can see command lines. Put it in "
                f"an environment variable and give --secret {name}=VARIABLE; a password has "
                "--password-env and --password-file."
            )
    return dict(given)


def password(
    variable: str | None, file: Path | None, *, ask: bool, prompt: str = "Password"
) -> Secret | None:
    """Give a password from where it is said to be, or ask for it in a terminal.

    Parameters
    ----------
    variable
        The environment variable that holds it.
    file
        The file that holds it.
    ask
        Whether to ask for it when neither is given and there is a terminal.
    prompt
        What to ask.

    Returns
    -------
    Secret or None
        ``None`` when there is none.

    Raises
    ------
    ProjectError
        When both are given.
    """
    if variable is not None and file is not None:
        raise ProjectError("Give --password-env or --password-file, not both.")
    if variable is not None:
        return Secret.env(variable)
    if file is not None:
        return Secret.file(file.expanduser().absolute())
    if ask and sys.stdin.isatty():
        given = typer.prompt(prompt, default="", hide_input=True, show_default=False, err=True)
        return Secret.literal(given) if given else None
    return None


def agreed(run: Run, question: str, *, yes: bool) -> bool:
    """Ask whether to go on, where there is somebody to ask.

    Raises
    ------
    ProjectError
        When there is nobody.
    """
    if yes:
        return True
    if run.as_json or run.quiet or not sys.stdin.isatty():
        raise ProjectError("There is nobody to ask. Nothing was changed; --yes does it.")
    if typer.confirm(question, err=True):
        return True
    run.show("Nothing was changed.")
    return False
