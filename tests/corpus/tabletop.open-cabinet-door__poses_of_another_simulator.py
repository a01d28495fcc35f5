# task: tabletop/open-cabinet-door
# expect: refused ForbiddenImport
# remedy: leave the import out: Pose is there already
import numpy as np
from sapien.core import Pose


def compute_dense_reward(self, action):
    front = self.cabinet.handle.pose * Pose([-0.05, 0.0, 0.0])
    return -np.linalg.norm(self.robot.ee_pose.p - front.p)
