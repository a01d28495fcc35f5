# task: tabletop/lift-cube
# expect: refused ForbiddenImport
# remedy: allowed: math, numpy,
import torch


def compute_dense_reward(self, action):
    dist = torch.norm(torch.tensor(self.robot.ee_pose.p - self.cubeA.pose.p))
    return 1 - torch.tanh(5 * dist).item()
