# task: metaworld/window-close
# expect: accepted
import numpy as np


def compute_dense_reward(self, action, obs) -> float:
    hand_pos = obs[0:3]
    handle_pos = obs[4:7]
    dist = np.linalg.norm(hand_pos - handle_pos)
    reward_reach = 1 - np.tanh(5 * dist)
    left = np.abs(self.goal_position[0] - handle_pos[0])
    reward_close = 1 - np.tanh(5 * left)
    return float(reward_reach + 2 * reward_close)
