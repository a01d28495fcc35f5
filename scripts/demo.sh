#!/bin/sh
# Usage: demo.sh REWARDLAB. The main job from end to end; fails if the policy learned too little.
set -eu
exec "$1" run metaworld/drawer-open "Open a drawer by its handle." \
  --coder offline --n-timesteps 200000 --seed 0 --episodes 20 --min-success 0.8 --yes
