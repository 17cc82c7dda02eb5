#!/usr/bin/env bash
# For /docker-entrypoint-initdb.d of the official PostgreSQL image: makes the foreign data of a new
# database cluster as declared, as its superuser. It runs after scripts with lower numbers, which
# may create the roles that the declarations name.
#
# With exclave in the image, the declarations are the file EXCLAVE_CONFIG, by default an
# exclave.toml beside this script. Without it, the file EXCLAVE_SQL is run, by default an
# exclave.sql beside this script, which `exclave plan --sql` wrote; a :'NAME' in it is the
# environment variable NAME, or the content of the file that NAME_FILE names.

# The image sources a script that is not executable, so everything is in a subshell.
exclave_init() (
    set -euo pipefail
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    database=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}

    # The server listens on its socket only; the documentation of postmaster.pid says where.
    unset PGHOSTADDR PGSERVICE
    PGPORT=$(sed -n 4p "$PGDATA/postmaster.pid")
    PGHOST=$(sed -n 5p "$PGDATA/postmaster.pid")
    export PGHOST PGPORT PGUSER=${POSTGRES_USER:-postgres} PGDATABASE=$database

    config=${EXCLAVE_CONFIG:-$here/exclave.toml}
    script=${EXCLAVE_SQL:-$here/exclave.sql}
    if command -v exclave >/dev/null && [ -e "$config" ]; then
        exclave apply --config "$config" --database '' --yes
    elif [ -e "$script" ]; then
        variables=$(exclave_variables "$script")
        { echo "$variables"; cat "$script"; } |
            psql --no-psqlrc --no-password --quiet --set ON_ERROR_STOP=1 --single-transaction --file=-
    else
        echo "exclave: neither $config (with exclave in the image) nor $script is there." >&2
        return 1
    fi
)

# Gives the lines that set the variables of a script, none of which holds a secret.
exclave_variables() {
    local name file
    for name in $(grep -oE ":'[A-Za-z0-9_]+'" "$1" | tr -d ":'" | sort -u); do
        file="${name}_FILE"
        if [ -n "${!file:-}" ]; then
            printf '\\set %s `cat "$%s"`\n' "$name" "$file"
        elif [ -n "${!name+set}" ]; then
            printf '\\getenv %s %s\n' "$name" "$name"
        else
            echo "exclave: set $name or $file, which $1 needs." >&2
            return 1
        fi
    done
}

exclave_init
