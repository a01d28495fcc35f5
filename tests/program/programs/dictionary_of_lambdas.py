import numpy as np


def compute_dense_reward(self, action):
    phases = {
        "approach": lambda: -np.linalg.norm(self.robot.ee_position - self.obj1.position),
        "carry": lambda: -np.linalg.norm(self.obj1.position - self.goal_position),
    }
    phase = "carry" if self.robot.in_contact else "approach"
    return phases[phase]() + (1.0 if phase == "carry" else 0.0)
