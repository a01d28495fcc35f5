# task: tabletop/stack-cube
# expect: accepted
import numpy as np


def distance_between(first, second):
    return np.linalg.norm(first.pose.p - second.pose.p)


def is_resting(thing):
    return thing.check_static() and np.linalg.norm(thing.velocity) < 0.05


def compute_dense_reward(self, action):
    def held(thing, angle=30):
        return self.robot.check_grasp(thing, max_angle=angle)

    reward = -distance_between(self.cubeA, self.cubeB)
    for cube, weight in ((self.cubeA, 0.2), (self.cubeB, 0.1)):
        reward += weight * is_resting(cube) - weight * held(cube)
    return reward
