# task: locomotion/ant-wave-leg
# expect: accepted
import numpy as np


def compute_dense_reward(self, action):
    ant = self.ant
    waved = not ant.front_right_foot.in_contact
    others = [ant.front_left_foot, ant.back_left_foot, ant.back_right_foot]
    down = sum(foot.in_contact for foot in others) / 3
    swing = abs(ant.front_right_leg_joint.angular_velocity)
    reward = 1.0 * waved + down
    reward += waved * np.tanh(0.5 * swing)
    for axis in ("x", "y"):
        v = ant.torso.velocity_x if axis == "x" else ant.torso.velocity_y
        reward -= 0.2 * abs(v)
    reward += 0.5 * ant.torso.up_vector[2]
    return float(reward)
