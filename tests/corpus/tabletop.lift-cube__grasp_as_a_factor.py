# task: tabletop/lift-cube
# expect: accepted
def compute_dense_reward(self, action):
    reach = 1 - np.tanh(10 * np.linalg.norm(self.robot.ee_pose.p - self.cubeA.pose.p))
    lift = np.clip((self.cubeA.pose.p[2] - 0.02) / 0.2, 0, 1)
    return reach + self.robot.check_grasp(self.cubeA, max_angle=60) * (1 + 3 * lift)
