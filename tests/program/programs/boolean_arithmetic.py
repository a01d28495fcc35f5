import numpy as np


def compute_dense_reward(self, action):
    reached = np.linalg.norm(self.robot.ee_position - self.obj1.position) < 0.3
    lifted = self.obj1.position[2] - self.initial.obj1.position[2] > 0.02
    success = reached and lifted
    return reached * 1.0 + lifted * 2.0 + (5.0 if success else 0.0) + self.robot.in_contact * 0.5
