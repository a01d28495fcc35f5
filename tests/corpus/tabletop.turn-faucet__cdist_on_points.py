# task: tabletop/turn-faucet
# expect: refused RewardRuntimeError, warns SHAPE
# remedy: 
import numpy as np
from scipy.spatial.distance import cdist


def compute_dense_reward(self, action):
    d = cdist(self.robot.ee_pose.p, self.faucet.handle.get_world_pcd()).min()
    return 1 - np.tanh(5 * d) + self.faucet.handle.qpos
