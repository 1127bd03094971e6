#!/bin/sh
# Create .venv from a hashed lock: `sh devstack/setup.sh run` or `... dev`.
# A stamp with the lock's checksum makes every later call instant.
set -eu

cd "$(dirname "$0")/.."
kind=${1:?run or dev}
lock=locks/$kind.txt
venv=$PWD/.venv
python=$venv/bin/python

say() { printf '%s\n' "$*" >&2; }

# The folder is part of the stamp: programs in a virtual environment name their
# interpreter by its full path, so a moved one is made anew.
stamp_of() { printf '%s %s\n' "$venv" "$(cksum <"$1")"; }

stamped() {
    [ -f "$venv/.stamp-$1" ] && [ "$(cat "$venv/.stamp-$1")" = "$(stamp_of "locks/$1.txt")" ]
}

moved() { [ -f "$venv/.stamp-$kind" ] && ! grep -qF "$venv " "$venv/.stamp-$kind"; }

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if recent "$name"; then
            command -v "$name"
            return
        fi
    done
    say "No Python 3.11 or newer was found: install one and make it reachable by PATH."
    exit 1
}

# Debian ships Python without the part that makes virtual environments.
provide_ensurepip() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null && return
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    package=python$version-venv
    if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
        say "Installing $package ..."
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes \
            apt-get install -y -qq --no-install-recommends "$package" >/dev/null
    else
        say "This Python cannot make virtual environments: install $package" \
            "(on Debian and Ubuntu: sudo apt-get install $package)."
        exit 1
    fi
}

stamped "$kind" && recent "$python" && exit 0

if moved || ! recent "$python" || ! "$python" -m pip --version >/dev/null 2>&1; then
    base=$(find_python)
    provide_ensurepip "$base"
    say "Creating .venv with $("$base" --version) ..."
    "$base" -m venv --clear "$venv"
fi
say "Installing what $lock pins ..."
"$python" -m pip install --disable-pip-version-check --no-input -q \
    --require-hashes --only-binary :all: -r "$lock" || {
    say "Some of it has no ready-made build for this machine; building it ..."
    "$python" -m pip install --disable-pip-version-check --no-input -q \
        --require-hashes -r "$lock"
}
stamp_of "$lock" >"$venv/.stamp-$kind"
# The development lock holds all that running needs, in the same versions.
[ "$kind" = dev ] && stamp_of locks/run.txt >"$venv/.stamp-run"
exit 0
