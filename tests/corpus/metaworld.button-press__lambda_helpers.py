# task: metaworld/button-press
# expect: accepted
import numpy as np


def compute_dense_reward(self, action, obs):
    near = lambda d, k=5.0: 1.0 - np.tanh(k * d)
    gate = lambda c, x: x if c else 0.0
    reach = np.linalg.norm(self.robot.ee_position - self.obj1.position)
    depth = abs(self.obj1.position[1] - self.goal_position[1])
    weights = {"reach": 1.0, "press": 3.0}
    reward = weights["reach"] * near(reach)
    reward += gate(reach < 0.1, weights["press"] * near(depth, k=10.0))
    return float(reward)
