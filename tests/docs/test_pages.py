"""Every code block of README.md, CONTRIBUTING.md and docs/ is run, and prints what the page says.

``python`` blocks of a page run in order, in one namespace. A ``text``, ``sql`` or ``json`` block
right after one is what it prints. ``sql hub`` and ``sql remote`` blocks are run by a superuser in
the database ``shop`` on the hub or ``accounts`` on the remote, which docs/two-databases.md sets up
before each page; pages that link to docs/companies.md find its databases too, for ``sql nl`` and
``sql be``. On the pages the hub listens on port 5432 and the remote on 5433. The hub of pages that
make a wrapper in Python runs it, with what is in ``/srv/wrappers`` on its path. Of ``sh``
blocks the commands are checked to exist, ``python -c`` is run, and ``export`` is obeyed; ``sh run``
blocks are run by a shell. A block with ``title="…"`` is written to the file of that name.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
import yaml
from tests.hosting import host_environment, hosted_installation

from exclave.cluster import Cluster, ClusterSpec, find_installation, start_clusters

ROOT = Path(__file__).parents[2]
SETUP = ROOT / "docs" / "two-databases.md"
COMPANIES = ROOT / "docs" / "companies.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SRV = "/srv/"
PORTS = {"hub": "5432", "remote": "5433"}
DATABASES = {
    "hub": ("hub", "shop"),
    "remote": ("remote", "accounts"),
    "nl": ("remote", "nl"),
    "be": ("remote", "be"),
}
FENCE = re.compile(r"^( *)```(\w+)[ ]?([^\n]*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(#[^)]*)?\)")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: Path
    line: int
    language: str
    place: str
    code: str
    follows: str
    """The text between the block before and this one."""

    @property
    def file(self) -> str | None:
        """The file that it is written to."""
        found = re.fullmatch('title="(.+)"', self.place)
        return found and found[1]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """Give the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    end = 0
    for match in FENCE.finditer(text):
        indent, language, place, code = match.groups()
        line = text.count("\n", 0, match.start(4)) + 1
        code = re.sub(f"^{indent}", "", code, flags=re.MULTILINE)
        found.append(Block(page, line, language, place, code, text[end : match.start()]))
        end = match.end()
    return found


class Reader:
    """Runs pages as a reader would who has a hub and a remote."""

    def __init__(self, hub: Cluster, remote: Cluster, srv: Path | None = None) -> None:
        self.hub = hub
        self._clusters = {"hub": hub, "remote": remote}
        self._srv = f"{srv}/" if srv else SRV

    @contextmanager
    def databases(self, places: Iterable[str]) -> Generator[None]:
        """Make the databases that a page speaks of, and drop them and all roles in the end."""
        for place in places:
            cluster, database = DATABASES[place]
            self._clusters[cluster].create_database(database)
        try:
            yield
        finally:
            for cluster in self._clusters.values():
                self._clear(cluster)

    @staticmethod
    def _clear(cluster: Cluster) -> None:
        with cluster.connect() as connection:
            found = connection.execute("SELECT datname FROM pg_database WHERE oid >= 16384")
            for (name,) in found.fetchall():
                cluster.drop_database(name)
            roles = connection.execute(
                "SELECT quote_ident(rolname) FROM pg_roles WHERE oid >= 16384"
            )
            for (role,) in roles.fetchall():
                connection.execute(f"DROP ROLE {role}".encode())

    def run(self, blocks: list[Block], module: ModuleType, environment: pytest.MonkeyPatch) -> None:
        """Run blocks one after the other."""
        printed: str | None = None
        for block in blocks:
            if block.file:
                file = Path(self._with_ports(block.file))
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(self._with_ports(block.code), encoding="utf-8")
            elif block.language == "python":
                printed = self._python(block, module)
            elif block.language == "sql" and block.place:
                self._sql(block)
            elif block.language in ("text", "sql", "json") and printed is not None:
                assert printed.split("\n") == block.code.rstrip().split("\n"), f"{block} printed"
                printed = None
            elif block.language == "sh" and block.place == "run":
                printed = self._shell(block)
            elif block.language == "sh":
                for name, value in exports(block):
                    environment.setenv(name, value)

    def _python(self, block: Block, module: ModuleType) -> str:
        tree = ast.parse(self._with_ports(block.code), filename=str(block.page))
        ast.increment_lineno(tree, block.line - 1)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(tree, str(block.page), "exec"), vars(module))
        return self._as_on_the_page(printed.getvalue())

    def _shell(self, block: Block) -> str:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            ["bash", "-c", self._with_ports(block.code)],
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self._as_on_the_page(done.stdout)

    def _as_on_the_page(self, printed: str) -> str:
        lines = self._without_ports(printed).rstrip().split("\n")
        return "\n".join(line.rstrip() for line in lines)

    def _sql(self, block: Block) -> None:
        assert block.place in DATABASES, f"{block}: write `sql` and {', '.join(DATABASES)}"
        cluster, database = DATABASES[block.place]
        with self._clusters[cluster].connect(database) as connection:
            connection.execute(self._with_ports(block.code).encode())

    def _with_ports(self, text: str) -> str:
        for name, port in PORTS.items():
            text = re.sub(rf"\b{port}\b", f"<{name}>", text)
        for name, cluster in self._clusters.items():
            text = text.replace(f"<{name}>", str(cluster.port))
        return text.replace(SRV, self._srv)

    def _without_ports(self, text: str) -> str:
        for name, cluster in self._clusters.items():
            text = re.sub(rf"\b{cluster.port}\b", PORTS[name], text)
        return text.replace(self._srv, SRV)


def exports(block: Block) -> Iterator[tuple[str, str]]:
    """Give the variables that a shell block exports."""
    for line in block.code.splitlines():
        if line.startswith("export "):
            [assignment] = shlex.split(line, comments=True)[1:]
            name, _, value = assignment.partition("=")
            yield name, value


@pytest.fixture(scope="module")
def reader(cluster: Cluster) -> Iterator[Reader]:
    """Two clusters for these pages alone, since roles belong to a whole cluster."""
    spec = ClusterSpec(installation=find_installation(cluster.major), auth="scram")
    with start_clusters([spec, spec]) as (hub, remote):
        yield Reader(hub, remote)


@pytest.fixture(scope="module")
def hosted_reader(cluster: Cluster) -> Iterator[Reader]:
    """The same, with a hub that runs wrappers in Python."""
    hosted = hosted_installation(cluster.major)
    with tempfile.TemporaryDirectory(prefix="exclave-srv-") as folder:
        srv = Path(folder)
        srv.chmod(0o755)
        for name in ("data", "wrappers"):
            (srv / name).mkdir()
        settings = {"exclave_fdw.python": str(host_environment(srv / "venv", srv / "wrappers"))}
        hub = ClusterSpec(installation=hosted, auth="scram", settings=settings)
        remote = ClusterSpec(installation=find_installation(cluster.major), auth="scram")
        with start_clusters([hub, remote]) as (first, second):
            yield Reader(first, second, srv)


@contextmanager
def page_module() -> Generator[ModuleType]:
    """Give a module to run a page in, and let go of its connections in the end."""
    module = ModuleType("page")
    sys.modules["page"] = module
    try:
        yield module
    finally:
        del sys.modules["page"]
        for value in vars(module).values():
            if isinstance(value, sa.Engine):
                value.dispose()
            elif isinstance(value, ExitStack):
                value.close()


def is_run(block: Block) -> bool:
    """Tell whether a block makes its page one that is run."""
    return block.language == "python" or (block.language == "sh" and block.place == "run")


def named(page: Path) -> str:
    """Give a page as test reports show it."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(map(is_run, blocks_of(page)))],
    ids=named,
)
def test_a_page_does_what_it_says(
    page: Path,
    request: pytest.FixtureRequest,
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    hosted = "exclave.create_wrapper" in page.read_text(encoding="utf-8")
    reader: Reader = request.getfixturevalue("hosted_reader" if hosted else "reader")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PGPASSWORD", reader.hub.password or "")  # an administrator's
    monkeypatch.setenv("PYTEST_PLUGINS", "exclave.testing.plugin")  # also where not installed
    with_collection(tmp_path / "home", monkeypatch)
    setups = setups_of(page)
    places = ("hub", "remote", "nl", "be") if COMPANIES in (page, *setups) else ("hub", "remote")
    with reader.databases(places), page_module() as module:
        for setup in setups:
            reader.run(blocks_of(setup), ModuleType("setup"), monkeypatch)
        reader.run(blocks_of(page), module, monkeypatch)


def setups_of(page: Path) -> list[Path]:
    """Give the pages that a page begins with."""
    text = page.read_text(encoding="utf-8")
    linked = {(page.parent / link).resolve() for link, _ in LINK.findall(FENCE.sub("", text))}
    wanted = [SETUP, *([COMPANIES] if COMPANIES in linked else [])]
    return [setup for setup in wanted if setup != page]


def with_collection(home: Path, environment: pytest.MonkeyPatch) -> None:
    """Give Ansible a home of its own, in which the collection is installed."""
    collection = home / ".ansible" / "collections" / "ansible_collections" / "exclave"
    collection.mkdir(parents=True)
    (collection / "postgresql").symlink_to(ROOT / "deploy" / "ansible")
    environment.setenv("HOME", str(home))
    for warning in ("LOCALHOST", "INVENTORY_UNPARSED"):
        environment.setenv(f"ANSIBLE_{warning}_WARNING", "false")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_block_is_of_a_kind_that_is_checked(page: Path) -> None:
    for block in blocks_of(page):
        match block.language:
            case "toml":
                tomllib.loads(block.code)
            case "json":
                json.loads(block.code)
            case "yaml":
                yaml.safe_load(block.code)
            case "python":
                ast.parse(block.code)
            case "sh":
                subprocess.run(["bash", "-n", "-c", block.code], check=True)
                for command in commands_of(block) if block.place != "run" else ():
                    check_command(command, block)
            case "text" | "sql":
                pass
            case other:
                pytest.fail(f"{block}: a block of {other!r} is not checked by anything")


def commands_of(block: Block) -> Iterator[list[str]]:
    """Give the commands of a shell block, split into words; quotes may hold several lines."""
    text = ""
    for line in block.code.splitlines():
        text += line + "\n"
        with contextlib.suppress(ValueError):  # a quote is still open
            yield shlex.split(text, comments=True)
            text = ""
    assert not text, f"{block}: a quote is never closed"


def check_command(command: list[str], block: Block) -> None:
    """Check that a shell command is one that exists; run it if it is Python."""
    match command:
        case ["make", target, *_]:
            makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{block}: no such target"
        case ["exclave", *words]:
            plain = [word for word in words if re.fullmatch(r"[a-z]+", word)]
            code = "from exclave.cli import main; main()"
            done = subprocess.run(
                [sys.executable, "-c", code, *plain, "--help"], capture_output=True, text=True
            )
            assert done.returncode == 0, f"{block}: {done.stderr}"
            for option in (word for word in words if word.startswith("--")):
                assert option in done.stdout, f"{block}: no option {option}"
        case ["python", "-c", code]:
            done = subprocess.run(
                [sys.executable, "-c", code], input="\n", capture_output=True, text=True
            )
            assert done.returncode == 0, f"{block}: {done.stderr}"
        case ["pip", "install", *wanted]:
            project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
            for extras in re.findall(r"exclave\[([\w,]+)\]", " ".join(wanted)):
                assert set(extras.split(",")) <= project["project"]["optional-dependencies"].keys()
        case _:
            pass


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    missing = [link for link, _ in LINK.findall(text) if not (page.parent / link).exists()]
    assert missing == []


def test_every_page_is_linked_from_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link).resolve() for link, _ in LINK.findall(index.read_text())}
    assert {page for page in PAGES if page.is_relative_to(index.parent)} - linked == {index}
