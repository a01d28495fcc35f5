# task: metaworld/handle-press-side
# expect: accepted
import numpy as np


def compute_dense_reward(self, action, obs=None, *args, scale=5.0, **kwargs):
    above = self.obj1.position + np.array([0.0, 0.0, 0.05])
    reach = min(
        np.linalg.norm(self.robot.ee_position - above),
        np.linalg.norm(self.robot.ee_position - self.obj1.position),
    )
    down = abs(self.obj1.position[2] - self.goal_position[2])
    return 1 - np.tanh(scale * reach) + 2 * (1 - np.tanh(scale * down))
