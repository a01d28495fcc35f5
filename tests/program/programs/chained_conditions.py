def compute_dense_reward(self, action):
    x, y, z = self.robot.ee_position
    if 0.0 < x < 0.5 and not (y > 0.9 or z is None):
        reward = 1.0 if self.robot.in_contact else 0.5
    elif x >= 0.5 and y != 0:
        reward = 0.25
    else:
        reward = -0.0
    reward = reward if reward in (0.25, 0.5, 1.0) else 0.1
    return reward - 0.01 * abs(action).sum()
