import numpy as np
from scipy.spatial.distance import cdist


def compute_dense_reward(self, action, obs) -> float:
    # Stage weights
    W_REACH, W_PULL, W_EFFORT = 0.4, 2.0, 0.01

    # Stage 1: bring the hand to the handle
    reach = cdist(self.robot.ee_position.reshape(1, -1), self.obj1.position.reshape(1, -1))[0, 0]
    # Stage 2: the handle slides towards the goal
    left_to_go = np.linalg.norm(self.goal_position - self.obj1.position)

    reward = W_REACH * (1 - np.tanh(6 * reach))
    if reach < 0.04:
        # hold on with a closed gripper
        reward += 0.3 * (1 - self.robot.gripper_openness)
        reward += W_PULL * np.exp(-8 * left_to_go)
    reward -= W_EFFORT * np.square(action).mean()
    return reward
