# task: tabletop/pick-cube
# expect: refused StatefulReward
# remedy: self.previous
import numpy as np

HISTORY = [Pose()]


def compute_dense_reward(self, action):
    moved = np.linalg.norm(self.cubeA.pose.p - HISTORY[-1].p)
    HISTORY.append(self.cubeA.pose)
    return -moved
