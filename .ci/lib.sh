# shellcheck shell=bash disable=SC2034
# What every script here begins with: the repository's root, the tools' folder on PATH, and a way to say what was not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly cache="${CATAMARAN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/catamaran}"
readonly wasm=wasm32-unknown-unknown
export PATH="$cache/tools/bin:$cache/python/bin:$PATH"

step() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }

fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2 && exit 1; }

have() { command -v "$1" >/dev/null; }

# A check that this machine cannot make: said here, and once more at the end of .ci/run.
not_run() {
    printf 'NOT RUN: %s\n' "$1"
    [ -z "${CATAMARAN_NOT_RUN:-}" ] || printf '%s\n' "$1" >>"$CATAMARAN_NOT_RUN"
}

# Whether a tool is demanded, as in the tests: CATAMARAN_REQUIRE=docker makes its absence a failure.
export CATAMARAN_REQUIRE="${CATAMARAN_REQUIRE:-wasmtime,chromium,promtool}"
required() { [[ ",$CATAMARAN_REQUIRE," == *",$1,"* ]]; }

# Whether a Docker engine answers.
engine() { have docker && docker info >/dev/null 2>&1; }

# The first shell block of a section of a document: what it promises is what runs.
documented() { # FILE SECTION
    awk -v section="## $2" '$0 == section { found = 1; next } /^## / { found = 0 } found && /^```$/ { exit } block { print }
        found && /^```sh$/ { block = 1 }' "$1" | grep .
}

# The advisories: from the network, or from a copy of the RustSec database where there is one.
readonly advisory_db="${CATAMARAN_ADVISORY_DB:-$(cd .. && pwd)/shared/advisory-db}"
audit_offline=()
[ ! -d "$advisory_db/crates" ] || audit_offline=(--no-fetch --db "$advisory_db")
