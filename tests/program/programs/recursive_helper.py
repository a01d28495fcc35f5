def power(base, n):
    return 1.0 if n == 0 else base * power(base, n - 1)


def compute_dense_reward(self, action):
    return power(0.9, 10) * self.robot.gripper_openness
