import numpy as np


def compute_dense_reward(self, action, obs):
    reward = 0.0
    tcp_to_obj = np.linalg.norm(self.obj1.position - self.robot.ee_position, ord=2)
    reaching_reward = 1 - np.tanh(5 * tcp_to_obj)
    reward += reaching_reward

    is_close = tcp_to_obj < 0.02
    grasped = is_close and self.robot.gripper_openness < 0.6
    if grasped:
        reward += 1
        lift = self.obj1.position[2] - self.initial.obj1.position[2]
        reward += np.clip(lift / 0.2, 0, 1)
        if lift > 0.15:
            goal_dist = np.linalg.norm(self.obj1.position[:2] - self.goal_position[:2])
            reward += 2 * (1 - np.tanh(5 * goal_dist))
        elif lift > 0.1:
            reward += 0.1
        else:
            pass
    else:
        reward -= 0.1 * (1 - self.robot.gripper_openness)
    return reward
