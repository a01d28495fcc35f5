# task: locomotion/ant-forward
# expect: accepted
import numpy as np


def compute_dense_reward(self, action):
    torso = self.ant.torso
    reward = 1.5 * torso.velocity_x
    reward -= 0.3 * abs(torso.velocity_y)
    reward += 0.5 if 0.3 < torso.position_z < 1.0 else -0.5
    reward += 0.3 * torso.up_vector[2]
    joints = [
        self.ant.front_left_leg_joint,
        self.ant.front_right_leg_joint,
        self.ant.back_left_leg_joint,
        self.ant.back_right_leg_joint,
    ]
    reward -= 0.01 * sum(abs(joint.angular_velocity) for joint in joints)
    return reward - 0.05 * np.square(action).sum()
