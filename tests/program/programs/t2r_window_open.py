def compute_dense_reward(self, action, obs) -> float:
    # how far the hand is from the handle
    distance = np.linalg.norm(self.obj1.position - self.robot.ee_position)
    # how far the window still has to slide along x
    slide = abs(self.goal_position[0] - self.obj1.position[0])
    # light effort penalty
    effort = np.linalg.norm(action[:3])

    reward = -0.5 * distance \
             - 1.5 * slide \
             - 0.02 * effort
    reward = float(reward)
    return reward
