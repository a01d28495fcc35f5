"""`python -m rewardlab` is the command `rewardlab`."""

import sys

from rewardlab.cli import main

sys.exit(main())
