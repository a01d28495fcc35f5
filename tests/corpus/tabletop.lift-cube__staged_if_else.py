# task: tabletop/lift-cube
# expect: accepted
import numpy as np


def compute_dense_reward(self, action) -> float:
    # Stage 1: bring the gripper to the cube
    reward = 0.0
    ee_pos = self.robot.ee_pose.p
    cube_pos = self.cubeA.pose.p
    dist_to_cube = np.linalg.norm(ee_pos - cube_pos)
    reaching_reward = 1.0 - np.tanh(5.0 * dist_to_cube)
    reward += 0.3 * reaching_reward

    # Stage 2: grasp the cube
    is_grasped = self.robot.check_grasp(self.cubeA, max_angle=30)
    reward += 0.3 * is_grasped

    # Stage 3: lift it
    if is_grasped:
        height = cube_pos[2] - self.cube_half_size
        reward += 0.4 * min(1.0, height / self.goal_height)
        if height > self.goal_height - 0.01:
            reward += 1.0
    else:
        # an open gripper can go around the cube
        reward += 0.05 * self.robot.gripper_openness * (dist_to_cube < 0.1)

    # keep actions small
    reward -= 0.01 * np.linalg.norm(action)
    return float(reward)
