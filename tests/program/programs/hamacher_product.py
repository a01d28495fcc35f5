import numpy as np


def hamacher_product(a, b):
    if not ((0.0 <= a <= 1.0) and (0.0 <= b <= 1.0)):
        raise ValueError(f"a and b must range between 0 and 1, got {a} and {b}")
    denominator = a + b - (a * b)
    return (a * b / denominator) if denominator > 0 else 0


def compute_dense_reward(self, action):
    tcp = self.robot.ee_position
    reach = tolerance(np.linalg.norm(tcp - self.obj1.position), (0, 0.02), 0.4, "long_tail")
    place = tolerance(
        np.linalg.norm(self.obj1.position - self.goal_position),
        bounds=(0, 0.05),
        margin=0.5,
        sigmoid="long_tail",
    )
    reward = 2 * hamacher_product(reach, place)
    if np.linalg.norm(self.obj1.position - self.goal_position) <= 0.05:
        reward = 10.0
    return reward, {"reach": reach, "place": place}
