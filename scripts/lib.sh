# Shared by the scripts of this folder, which source it: the root of the repository, and how to speak.
# shellcheck shell=bash

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
export root target

say() { printf '%s\n' "$*" >&2; }
die() {
    say "$(basename -- "$0"): $*"
    exit 1
}

# Whether $1 can be run; daemons lie where an ordinary user's PATH does not look.
have() { PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" command -v -- "$1" >/dev/null; }

# Builds web/dist unless it is newer than everything it is made from.
build_web() {
    local built=$root/web/dist/index.html newer
    if [ -f "$built" ]; then
        newer=$(find "$root/web" \( -name node_modules -o -name dist -o -name e2e -o -name test-results \
            -o -name playwright-report -o -name screenshots \) -prune -o -type f -newer "$built" -print -quit)
        [ -n "$newer" ] || return 0
    fi
    say "Building the web page …"
    (cd "$root/web" && npm run --silent build)
    # Vite keeps the time of files it copies.
    touch "$built"
}
