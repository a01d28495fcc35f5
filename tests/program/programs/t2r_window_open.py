def compute_dense_reward(self, action, obs) -> float:
    # 1. Difference of the end-effector and the window handle
    distance = np.linalg.norm(self.robot.ee_position - self.obj1.position)
    # 2. Difference between the current state of the object and its goal state
    goal_distance = np.linalg.norm(self.obj1.position[0] - self.goal_position[0])
    # 3. Regularization of the robot's action
    action_reg = np.linalg.norm(action)

    weight_distance, weight_goal, weight_action = 0.3, 0.6, 0.1
    reward = -(weight_distance * distance + weight_goal * goal_distance + weight_action * action_reg)
    reward = float(reward)
    return reward
