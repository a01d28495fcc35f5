#!/bin/sh
# Usage: install-gl.sh PYTHON. Gets a software renderer if this machine has none and we may install
# one; otherwise says how. Never fails: without a renderer there is only no video.
python=$1

works() { "$python" -c 'import sys; from rewardlab.envs.gl import choose; sys.exit(not choose().works)' >/dev/null 2>&1; }

works && exit 0
if ! command -v apt-get >/dev/null; then
  echo "No software renderer for videos: install OSMesa or Mesa's EGL with your package manager."
  exit 0
fi
if [ "$(id -u)" = 0 ]; then
  may=
elif sudo -n true 2>/dev/null; then
  may="sudo -n"
else
  echo "No software renderer for videos; to get one: sudo apt-get install libosmesa6"
  exit 0
fi
install() { DEBIAN_FRONTEND=noninteractive $may apt-get install -qq -y --no-install-recommends "$@" >/dev/null 2>&1; }

echo "Installing a software renderer for videos …"
$may apt-get update -qq >/dev/null 2>&1
install libosmesa6 && works && exit 0
install libegl1 libegl-mesa0 libgl1-mesa-dri && works && exit 0
echo "No software renderer could be installed: the report will have no video. See: rewardlab doctor"
