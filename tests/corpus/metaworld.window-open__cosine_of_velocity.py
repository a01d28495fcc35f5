# task: metaworld/window-open
# expect: refused NonFiniteReward
# remedy: 
import numpy as np
from scipy.spatial import distance


def compute_dense_reward(self, action, obs):
    moved = self.obj1.position - self.previous.obj1.position
    wanted = self.goal_position - self.obj1.position
    return 1 - distance.cosine(moved, wanted)
