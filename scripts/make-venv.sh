#!/bin/sh
# Usage: make-venv.sh PYTHON FOLDER. Makes a virtual environment with pip, also where the system's
# Python lacks ensurepip (Debian keeps it in a package of its own, python3-venv).
set -eu
python=$1 folder=$2

stop() { echo "rewardlab: $*" >&2; exit 1; }

command -v "$python" >/dev/null || stop "no $python here: install Python 3.11 or newer, or say make PYTHON=…"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  stop "$python is $("$python" -V 2>&1); Python 3.11 or newer is needed: make PYTHON=python3.11"

rm -rf "$folder"
if "$python" -c 'import ensurepip' 2>/dev/null; then
  "$python" -m venv "$folder"
elif "$python" -m pip --version >/dev/null 2>&1; then
  "$python" -m venv --without-pip "$folder"
  "$python" -m pip --python "$folder/bin/python" install -q --disable-pip-version-check pip setuptools ||
    stop "pip could not be put into $folder: run apt-get install python3-venv, then make again"
else
  stop "$python has neither ensurepip nor pip: run apt-get install python3-venv, then make again"
fi
