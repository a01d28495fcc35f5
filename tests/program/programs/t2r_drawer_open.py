import numpy as np
from scipy.spatial import distance

def compute_dense_reward(self, action, obs) -> float:
    # Define constants for reward tuning
    DISTANCE_WEIGHT = 1.0
    GOAL_WEIGHT = 2.0
    ACTION_PENALTY = 0.01

    # Calculate distance between end-effector and object
    dist_to_handle = np.linalg.norm(self.robot.ee_position - self.obj1.position)
    # Calculate distance between object's current and goal position
    dist_to_goal = distance.euclidean(self.obj1.position, self.goal_position)

    gripper_open_reward = 0.1 if self.robot.gripper_openness > 0.8 else -0.1
    action_penalty = ACTION_PENALTY * np.square(action).sum()

    reward = -DISTANCE_WEIGHT * dist_to_handle
    if dist_to_handle < 0.05:
        reward += 1.0
        reward += GOAL_WEIGHT * (1 - np.tanh(10.0 * dist_to_goal))
        if dist_to_goal <= 0.03:
            reward += 5.0
    reward += gripper_open_reward
    reward -= action_penalty
    return reward
