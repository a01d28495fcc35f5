# task: tabletop/stack-cube
# expect: accepted
import numpy as np

ABOVE = Pose([0.0, 0.0, 0.04])


def compute_dense_reward(self, action):
    goal = self.cubeB.pose * ABOVE
    relative = goal.inv() * self.cubeA.pose
    aligned = 1 - angle_distance(self.cubeA.pose, self.cubeB.pose)
    tilt = np.arccos(np.clip(self.cubeA.pose.to_transformation_matrix()[2, 2], -1, 1))
    reach = np.linalg.norm((self.robot.ee_pose.inv() * self.cubeA.pose).p)
    place = np.linalg.norm(relative.p)
    reward = 1 - np.tanh(5 * reach) + 2 * (1 - np.tanh(5 * place)) + 0.2 * aligned - 0.1 * tilt
    return float(reward)
