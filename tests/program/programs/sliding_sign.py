import numpy as np


def compute_dense_reward(self, action):
    """Open the drawer: pull along -y.

    NOTE: os.system, eval and __import__ are only words here.
    """
    handle, start, goal = self.obj1.position, self.initial.obj1.position, self.goal_position
    axis = goal - start
    length = np.linalg.norm(axis) + 1e-9
    pulled = float((handle - start) @ (axis / length))
    grasp = np.exp(-20.0 * np.linalg.norm(self.robot.ee_position - handle))
    success = pulled >= 0.9 * length
    return grasp + 3.0 * np.sign(pulled) * min(abs(pulled) / length, 1.0) + 5.0 * success
