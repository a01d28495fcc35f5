# task: tabletop/open-cabinet-door
# expect: refused UnknownAttribute
# remedy: did you mean
import numpy as np


def compute_dense_reward(self, action):
    tips = np.stack([self.robot.lfinger.pose.p, self.robot.rfinger.pose.p])
    return -cdist(tips, self.cabinet.handle.get_world_pcd()).min()
