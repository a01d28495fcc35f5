# task: tabletop/pick-cube
# expect: accepted
import numpy as np


def compute_dense_reward(self, action):
    tcp_to_obj = np.linalg.norm(self.cubeA.pose.p - self.robot.ee_pose.p)
    reward = 1 - np.tanh(5 * tcp_to_obj)

    grasped = self.robot.check_grasp(self.cubeA, 30)
    reward += grasped * 1.0

    if grasped:
        obj_to_goal = np.linalg.norm(self.goal_position - self.cubeA.pose.p)
        place_reward = 1 - np.tanh(5 * obj_to_goal)
        reward += place_reward

        # hold still at the goal: only the arm's joints count, not the fingers
        if obj_to_goal <= 0.025:
            qvel = self.robot.qvel[:7]
            reward += 1 - np.tanh(5 * np.linalg.norm(qvel))

    return reward / 4.0
