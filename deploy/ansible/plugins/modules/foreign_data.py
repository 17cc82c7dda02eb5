#!/usr/bin/python
"""Makes the foreign data of a PostgreSQL database as declared: exclave does it, Ansible asks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    from exclave.errors import ExclaveError
    from exclave.objects import Options
    from exclave.plan import make, removal
    from exclave.project import Database, Place, Project, catalog_of, load, plain_secrets
except ImportError as error:
    MISSING: str | None = missing_required_lib(error.name or "exclave")
else:
    MISSING = None

DOCUMENTATION = r"""
module: foreign_data
short_description: Make the foreign data of a PostgreSQL database as declared
description:
  - Creates, alters and, if asked, drops foreign servers, user mappings, foreign tables, extensions,
    wrappers and schemas, with their owners, privileges and comments, so that the database is as
    declared. What nobody declared is left alone.
  - All changes are made in one transaction, under an advisory lock.
version_added: 0.1.0
author: The exclave developers
requirements:
  - exclave (with psycopg) for the Python that runs the module
options:
  declarations:
    description:
      - What shall be there, in the same shape as in C(exclave.toml).
      - "A secret is a reference, such as C({env: NAME}) or C({file: /path}). One that stands here
        as it is, is shown neither, but a reference says in a plan which one it is."
    type: dict
    default: {}
  config:
    description:
      - An C(exclave.toml) (or a folder with one) on the host that runs the module. What it
        declares is joined with O(declarations), and its database is used unless a login is given.
    type: path
  target:
    description:
      - What Python modules declare, each as C(package.module:name); instead of those of O(config).
    type: list
    elements: str
    default: []
  pythonpath:
    description: Folders to find the modules of O(target) in.
    type: list
    elements: path
    default: []
  secrets:
    description:
      - "The values of references such as C({env: NAME}), by that name. They are never shown."
      - Unlike the task's C(environment), which Ansible shows at C(-vvv).
    type: dict
    default: {}
  state:
    description:
      - V(present) makes the database as declared, V(absent) drops what is declared and there.
    type: str
    choices: [present, absent]
    default: present
  policy:
    description: What may be done beyond the declarations; what is left out is as O(config) says.
    type: dict
    suboptions:
      unmanaged:
        description: What nobody declared; leave it alone, or drop it.
        type: str
        choices: [ignore, drop]
      existing:
        description: What exists and differs; alter it, or keep it.
        type: str
        choices: [alter, keep]
      cascade:
        description: Whether replacing an object may take along what depends on it.
        type: bool
      hidden:
        description: Options that the database would not show; keep them, or set them again.
        type: str
        choices: [keep, set]
      schemas:
        description: Look at these schemas only.
        type: list
        elements: str
  login_db:
    description: The database.
    type: str
    aliases: [database, db]
  login_host:
    description: Its host.
    type: str
    aliases: [host]
  login_unix_socket:
    description: The folder of its Unix socket, instead of a host.
    type: path
    aliases: [unix_socket]
  login_port:
    description: Its port.
    type: int
    aliases: [port]
  login_user:
    description: The role to log in as.
    type: str
    aliases: [user]
  login_password:
    description: The role's password; without it, libpq looks in C(PGPASSWORD) and C(~/.pgpass).
    type: str
    aliases: [password]
  ssl_mode:
    description: How to negotiate TLS, as libpq's C(sslmode).
    type: str
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
  ca_cert:
    description: The certificates of authorities to trust, as libpq's C(sslrootcert).
    type: path
    aliases: [ssl_rootcert]
attributes:
  check_mode:
    support: full
    description: Makes the plan and changes nothing.
  diff_mode:
    support: full
    description: Shows each object before and after, secrets as references.
"""

EXAMPLES = r"""
- name: Enable the extension, and let the application use it
  exclave.postgresql.foreign_data:
    login_db: shop
    login_user: postgres
    declarations:
      extensions:
        postgres_fdw: {}
      wrappers:
        postgres_fdw:
          grants: {app: USAGE}

- name: Reach the accounts
  exclave.postgresql.foreign_data:
    login_db: shop
    login_user: app
    login_password: "{{ vault_app_password }}"
    declarations:
      servers:
        accounts:
          options: {host: accounts.db, dbname: accounts}
          grants: {reports: USAGE}
          mappings:
            app:
              options: {user: shop, password: {env: ACCOUNTS_PASSWORD}}
    secrets:
      ACCOUNTS_PASSWORD: "{{ vault_accounts_password }}"

- name: What the application's models declare
  exclave.postgresql.foreign_data:
    config: /srv/shop/exclave.toml
    target: [shop.models:Base]
"""

RETURN = r"""
changes:
  description: What was done, or would be done in check mode, in order; secrets are references.
  returned: success
  type: list
  elements: dict
  sample:
    - action: create
      kind: Server
      object: foreign server "accounts"
      sql: ["CREATE SERVER accounts FOREIGN DATA WRAPPER postgres_fdw"]
notes:
  description: What could not be compared, and what an administrator must do first.
  returned: success
  type: list
  elements: str
"""

ARGUMENTS: dict[str, Any] = {
    "declarations": {"type": "dict", "default": {}},
    "config": {"type": "path"},
    "target": {"type": "list", "elements": "str", "default": []},
    "pythonpath": {"type": "list", "elements": "path", "default": []},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "policy": {
        "type": "dict",
        "options": {
            "unmanaged": {"type": "str", "choices": ["ignore", "drop"]},
            "existing": {"type": "str", "choices": ["alter", "keep"]},
            "cascade": {"type": "bool"},
            "hidden": {"type": "str", "choices": ["keep", "set"]},
            "schemas": {"type": "list", "elements": "str"},
        },
    },
    "login_db": {"type": "str", "aliases": ["database", "db"]},
    "login_host": {"type": "str", "aliases": ["host"]},
    "login_unix_socket": {"type": "path", "aliases": ["unix_socket"]},
    "login_port": {"type": "int", "aliases": ["port"]},
    "login_user": {"type": "str", "aliases": ["user"]},
    "login_password": {"type": "str", "aliases": ["password"], "no_log": True},
    "ssl_mode": {
        "type": "str",
        "choices": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
    },
    "ca_cert": {"type": "path", "aliases": ["ssl_rootcert"]},
}

LOGIN = {
    "login_db": "dbname",
    "login_host": "host",
    "login_unix_socket": "host",
    "login_port": "port",
    "login_user": "user",
    "login_password": "password",
    "ssl_mode": "sslmode",
    "ca_cert": "sslrootcert",
}
"""What libpq calls each parameter of a login."""


class Module(AnsibleModule):
    """Keeps secrets from Ansible's output that stand in the declarations as they are."""

    def _load_params(self) -> None:
        # before anything is checked, since a refusal shows the parameters too
        super()._load_params()
        declared = self.params.get("declarations")
        self.no_log_values |= set(_texts(declared)) if MISSING else plain_secrets(declared)


def _texts(data: object) -> Iterator[str]:
    """Give all texts: which ones are secrets, only exclave can tell."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from _texts(value)


def main() -> None:
    """Run the module."""
    module = Module(
        argument_spec=ARGUMENTS,
        mutually_exclusive=[("login_host", "login_unix_socket")],
        supports_check_mode=True,
    )
    if MISSING:
        module.fail_json(msg=MISSING)
    os.environ.update({name: str(value) for name, value in module.params["secrets"].items()})
    try:
        result = converge(project_of(module.params), module.params["state"], module.check_mode)
    except ExclaveError as error:
        module.fail_json(msg=str(error))
    for note in result["notes"]:
        module.warn(note)
    module.exit_json(**result)


def project_of(given: dict[str, Any]) -> Project:
    """Give the project that the parameters say."""
    project = load(Path(given["config"])) if given["config"] else Project(folder=Path.cwd())
    login = {LOGIN[name]: given[name] for name in LOGIN if given[name] is not None}
    policy = {name: value for name, value in (given["policy"] or {}).items() if value is not None}
    if "schemas" in policy:
        policy["schemas"] = frozenset(policy["schemas"])
    return replace(
        project,
        declared=project.declared | catalog_of(given["declarations"], Place("declarations")),
        targets=tuple(given["target"]) or project.targets,
        pythonpath=(*project.pythonpath, *map(Path, given["pythonpath"])),
        database=Database(parameters=Options(login)) if login else project.database,
        policy=replace(project.policy, **policy),
    )


def converge(project: Project, state: str, check_mode: bool) -> dict[str, Any]:
    """Make the database as declared, and tell what that took."""
    project.prepare_imports()
    with project.database.connected() as connection:
        desired = project.desired(connection)
        if state == "present":
            plan = make(connection, desired, project.policy)
        else:
            plan = removal(connection, desired)
        shown = plan.to_dict()
        changed = bool(plan) and (check_mode or plan.apply(connection))
    if not changed:  # or somebody else has done the same meanwhile
        shown["changes"] = []
    return {"changed": changed, "diff": [diff_of(each) for each in shown["changes"]], **shown}


def diff_of(change: dict[str, Any]) -> dict[str, Any]:
    """Give an object before and after a change, as Ansible shows differences."""
    before, after = without_unset(change["before"]), without_unset(change["after"])
    return {
        "before_header": change["object"] if before else "absent",
        "after_header": change["object"] if after else "absent",
        "before": before,
        "after": after,
    }


def without_unset(value: Any) -> Any:
    """Give an object's properties less those that are not set."""
    if isinstance(value, dict):
        pairs = ((name, without_unset(each)) for name, each in value.items())
        return {name: each for name, each in pairs if each not in (None, {}, [], False)}
    return [without_unset(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
