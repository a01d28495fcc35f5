# task: locomotion/hopper-forward
# expect: refused NonFiniteReward
# remedy: 
import numpy as np


def compute_dense_reward(self, action):
    return self.hopper.top.velocity_x + 0.1 * np.log(np.sum(np.square(action)))
