"""What a person at a terminal sees: questions, passwords that are not shown, and progress."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys

from exclave.cluster import Cluster

from .conftest import Fed

PATIENCE_SECONDS = 120.0


def talk(fed: Fed, *words: str, asked: str, answer: str) -> tuple[int, str]:
    """Run ``exclave fed`` in a terminal and answer one question; give status and what is seen.

    What is typed before a terminal is told not to show it is lost, and the last space of the
    question comes after that; so `asked` holds it.
    """
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from exclave.cli import main; main()", "fed", *words]
    with subprocess.Popen(
        command,
        cwd=fed.shell.folder,
        env=fed.shell.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,  # so that a password is asked for here
    ) as process:
        os.close(theirs)
        seen = b""
        try:
            while asked.encode() not in seen:
                read = _read(ours)
                assert read, seen
                seen += read
            os.write(ours, f"{answer}\n".encode())
            while read := _read(ours):
                seen += read
        except BaseException:
            process.kill()
            raise
    os.close(ours)
    return process.returncode, seen.decode(errors="replace")


def _read(terminal: int) -> bytes:
    ready, _, _ = select.select([terminal], [], [], PATIENCE_SECONDS)
    assert ready, "nothing more is said"
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other side is closed
        return b""


def test_a_password_is_asked_for_and_not_shown(fed: Fed, remote_cluster: Cluster) -> None:
    fed.done("init", "shops", "--table", "orders")
    words = fed.company("ams")[:-2]
    asked, answer = "Password of postgres at ams: ", remote_cluster.password or ""
    status, seen = talk(fed, *words, asked=asked, answer=answer)
    assert (status, seen.count(answer)) == (0, 0)
    assert "Reading members' tables" in seen
    assert 'Member "ams" is added: joined.' in seen
    assert fed.on_hub("SELECT member FROM shops.orders") == [("ams",)]


def test_before_something_goes_there_is_a_question(shops: Fed) -> None:
    for answer, status, left in (("n", 2, 2), ("y", 0, 1)):
        found, seen = talk(shops, "remove", "ams", asked="[y/N]", answer=answer)
        assert found == status, seen
        assert "Remove ams from federation" in seen
        assert len(shops.json("list")["members"]) == left
    status, seen = talk(shops, "uninstall", asked="[y/N]", answer="n")
    assert status == 2
    assert "Nothing was changed." in seen
    assert shops.json("status")["federations"][0]["members"] == {"joined": 1}
