import numpy as np


def compute_dense_reward(self, action):
    norm = np.linalg.norm
    ee, obj, goal = self.robot.ee_position, self.obj1.position, self.goal_position
    vec = goal - obj
    unit = vec / (norm(vec) + 1e-9)
    behind = obj - 0.05 * unit
    lengths = list(map(norm, [ee - behind, obj - goal]))
    worst = max(lengths)
    parts = [abs(x) for row in np.atleast_2d(action) for x in row]
    smallest, *rest = sorted(parts)
    names = ["a", "b"]
    table = {n: v for n, v in zip(names, lengths)}
    key = max(table, key=table.get)
    return (
        -(0.7 * lengths[0] + 0.3 * lengths[1])
        - 0.01 * (worst + smallest + sum(rest))
        - (key == "a") * 0.1
    )
