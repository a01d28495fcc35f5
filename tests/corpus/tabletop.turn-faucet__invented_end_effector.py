# task: tabletop/turn-faucet
# expect: refused UnknownAttribute
# remedy: did you mean self.robot.ee_pose
import numpy as np


def compute_dense_reward(self, action):
    return -np.linalg.norm(self.robot.end_effector.pose.p - self.faucet.handle.pose.p)
