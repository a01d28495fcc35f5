"""A program, the same one spelled otherwise, and another one."""

SOURCE = """def compute_dense_reward(self, action):
    distance = np.linalg.norm(self.robot.ee_position - self.goal_position)
    return -distance
"""
RENAMED = '''def compute_dense_reward(self, act):
    """Closer is better."""
    # the distance
    d = np.linalg.norm(self.robot.ee_position - self.goal_position)
    return -d
'''
OTHER = """def compute_dense_reward(self, action):
    return float(np.exp(-np.sum(np.square(action)))) + self.robot.gripper_openness
"""
