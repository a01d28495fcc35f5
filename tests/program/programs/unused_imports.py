import os
import torch
import random as rnd
from typing import Any, Optional
from collections import defaultdict
import numpy as np


def compute_dense_reward(self, action: Optional[np.ndarray], obs: Any = None) -> "torch.Tensor":
    """Words such as eval, open or __class__ in texts do no harm."""
    # import subprocess; subprocess.run("ls")
    label = "import os; os.system"
    return -np.linalg.norm(self.robot.ee_position - self.obj1.position) + 0.0 * len(label)
