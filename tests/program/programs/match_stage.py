def compute_dense_reward(self, action):
    d = np.linalg.norm(self.obj1.position - self.robot.ee_position)
    stage = 0 if d > 0.1 else 1 if self.robot.gripper_openness > 0.5 else 2
    match stage:
        case 0:
            reward = -d
        case 1 | 3:
            reward = 1.0 - d
        case None:
            reward = 0.0
        case other:
            reward = float(other)
    return reward
