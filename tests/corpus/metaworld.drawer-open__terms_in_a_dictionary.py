# task: metaworld/drawer-open
# expect: accepted
import numpy as np


def compute_dense_reward(self, action, obs):
    distance_to_handle = np.linalg.norm(self.robot.ee_position - self.obj1.position)
    distance_to_goal = np.linalg.norm(self.obj1.position - self.goal_position)
    terms = {
        "reach": float(1 - np.tanh(10 * distance_to_handle)),
        "open": float(3 * (1 - np.tanh(5 * distance_to_goal))),
        "effort": float(-0.01 * np.square(action).sum()),
    }
    return sum(terms.values()), terms
