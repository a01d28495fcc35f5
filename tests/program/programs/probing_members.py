def compute_dense_reward(self, action, obs=None):
    robot = getattr(self, "robot", None)
    target = self.obj1.position
    if not hasattr(self, "obj3"):
        target = self.goal_position
    openness = getattr(robot, "gripper_openness", 1.0)
    bonus = getattr(self, "bonus", 0.0)
    return -np.linalg.norm(robot.ee_position - target) + 0.1 * openness + bonus
