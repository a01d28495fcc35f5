# task: tabletop/stack-cube
# expect: accepted
import numpy as np


def compute_dense_reward(self, action):
    reward = 0.0
    tip = self.robot.ee_pose.p
    a, b = self.cubeA.pose.p, self.cubeB.pose.p
    goal = b + np.array([0.0, 0.0, 2 * self.cube_half_size])

    reach = np.linalg.norm(tip - a)
    reward += 1 - np.tanh(5 * reach)
    grasping = self.robot.check_grasp(self.cubeA)
    offset = a - goal
    on_top = np.linalg.norm(offset[:2]) <= 0.0333 and np.abs(offset[2]) <= 0.005

    if on_top:
        reward += 3.0
        if grasping:
            reward += 0.5 * self.robot.gripper_openness
        else:
            reward += 1.0
            if self.cubeA.check_static():
                reward += 3.0
            else:
                speed = np.linalg.norm(self.cubeA.velocity) + np.linalg.norm(
                    self.cubeA.angular_velocity
                )
                reward += 1 - np.tanh(10 * speed)
    elif grasping:
        reward += 1.0
        place = np.linalg.norm(offset)
        reward += 1 - np.tanh(5 * place)
        if a[2] < b[2]:
            reward -= 0.5
    return float(reward)
