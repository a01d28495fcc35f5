import numpy as np


def compute_dense_reward(self, action):
    rewards = []
    names = []
    for name, obj in (("first", self.obj1), ("second", self.obj2)):
        for j, c in enumerate(obj.position):
            if j == 1:
                continue
            rewards += [c * (j + 1)]
            names.append(f"{name}_{j}")
    info = dict(zip(names, rewards))
    reward = np.array(rewards).sum()
    return reward, info
