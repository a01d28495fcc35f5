# task: metaworld/door-close
# expect: refused UnknownName
# remedy: 
import numpy as np


def compute_dense_reward(self, action):
    return -np.linalg.norm(obs[:3] - self.obj1.position)
