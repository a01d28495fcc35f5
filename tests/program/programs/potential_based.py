import numpy as np

DISCOUNT = 0.99


def potential(scene, goal):
    reach = np.linalg.norm(scene.robot.ee_position - scene.obj1.position)
    place = np.linalg.norm(scene.obj1.position - goal)
    return -(reach + 2.0 * place)


def compute_dense_reward(self, action):
    now = potential(self, self.goal_position)
    before = potential(self.previous, self.goal_position)
    shaping = DISCOUNT * now - before
    return shaping, {"shaping": shaping}
