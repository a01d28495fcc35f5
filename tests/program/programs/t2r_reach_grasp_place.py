import numpy as np
from scipy.spatial.distance import cdist


def compute_dense_reward(self, action):
    # ---- Stage 1: reach the object ----
    ee_pos = self.robot.ee_position
    dist_ee_obj = np.linalg.norm(ee_pos - self.obj1.position)
    reward_reach = 1.0 - np.tanh(5.0 * dist_ee_obj)

    # ---- Stage 2: close the gripper ----
    near = dist_ee_obj < 0.05
    reward_grasp = (1.0 - self.robot.gripper_openness) if near else 0.0

    # ---- Stage 3: bring it to the goal ----
    dist_obj_goal = cdist(self.obj1.position[None, :], self.goal_position[None, :])[0, 0]
    reward_place = 2.0 * (1.0 - np.tanh(5.0 * dist_obj_goal))

    # ---- Regularisation ----
    reg = -1e-3 * np.linalg.norm(action) ** 2
    return reward_reach + reward_grasp + reward_place + reg
