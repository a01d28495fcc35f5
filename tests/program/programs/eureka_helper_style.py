import numpy as np


def reward_components(ee, obj, goal, action):
    # Temperatures
    reach_temp, place_temp = 0.1, 0.2
    reach = np.exp(-np.linalg.norm(ee - obj, ord=2, axis=-1) / reach_temp)
    place = np.exp(-np.linalg.norm(obj - goal, ord=2, axis=-1) / place_temp)
    smooth = -0.01 * np.sum(action**2, axis=-1)
    return reach, place, smooth


def compute_dense_reward(self, action):
    reach, place, smooth = reward_components(
        self.robot.ee_position, self.obj1.position, self.goal_position, action
    )
    total = reach + 2.0 * place + smooth
    return total, {"reach": reach, "place": 2.0 * place, "smooth": smooth}
