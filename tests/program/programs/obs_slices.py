import numpy as np


def compute_dense_reward(self, action, obs=None):
    hand = obs[0:3]
    gripper = obs[3]
    target = obs[-3:]
    prev_hand = obs[18:21]
    velocity = (hand - prev_hand) / 0.0125
    return (
        -np.linalg.norm(hand - target)
        - 0.01 * np.linalg.norm(velocity)
        + (0.1 if gripper < 0.5 else -0.1)
    )
