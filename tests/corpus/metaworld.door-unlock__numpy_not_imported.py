# task: metaworld/door-unlock
# expect: accepted
def compute_dense_reward(self, action, obs):
    to_lock = np.linalg.norm(self.robot.ee_position - self.obj1.position)
    turned = np.abs(self.obj1.position[0] - self.goal_position[0])
    reward = -to_lock - 3 * turned
    reward += 2.0 if turned <= 0.02 else 0.0
    return reward
