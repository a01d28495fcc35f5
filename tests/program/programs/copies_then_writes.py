import numpy as np


def compute_dense_reward(self, action, obs):
    target = self.goal_position.copy()
    target[2] += 0.1
    action = np.clip(action, -1, 1)
    action *= 0.5
    action[0] = 0.0
    obs = np.array(obs)
    obs[0] = 1.0
    history = []
    history.append(target - self.robot.ee_position)
    history.extend([action[:3]])
    offset = history[-1]
    offset += 1.0
    x, y, z = self.obj1.position
    return -float(np.linalg.norm(history[0])) + 0.001 * (x + y + z) - 0.01 * np.abs(action).max()
