# task: metaworld/door-close
# expect: accepted, warns ForbiddenSyntax
import numpy as np


class DoorClose:
    """Closes the door."""

    def compute_dense_reward(self, action, obs=None):
        to_handle = np.linalg.norm(self.robot.ee_position - self.obj1.position)
        to_goal = np.linalg.norm(self.obj1.position - self.goal_position)
        begun = np.linalg.norm(self.initial.obj1.position - self.goal_position)
        progress = (begun - to_goal) / (begun + 1e-6)
        return 0.5 * (1 - np.tanh(10 * to_handle)) + 2.0 * progress
