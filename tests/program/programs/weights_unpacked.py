W_REACH, W_PLACE, W_CTRL = 1.0, 2.0, 0.01
(ALPHA, BETA), GAMMA = (0.5, 0.25), 0.125


def compute_dense_reward(self, action):
    r = -np.linalg.norm(self.robot.ee_position - self.obj1.position)
    p = -np.linalg.norm(self.obj1.position - self.goal_position)
    c = -np.square(action).sum()
    return W_REACH * r + W_PLACE * p + W_CTRL * c + ALPHA * BETA * GAMMA
