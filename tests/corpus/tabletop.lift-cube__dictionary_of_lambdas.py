# task: tabletop/lift-cube
# expect: accepted
import numpy as np

WEIGHTS = {"reach": 0.4, "grasp": 0.6, "lift": 2.0}


def compute_dense_reward(self, action):
    cube, tip = self.cubeA.pose.p, self.robot.ee_pose.p
    terms = {
        "reach": lambda: 1 - np.tanh(5 * np.linalg.norm(cube - tip)),
        "grasp": lambda: float(self.robot.check_grasp(self.cubeA)),
        "lift": lambda: float(np.clip((cube[2] - self.cube_half_size) / self.goal_height, 0, 1)),
    }
    values = {name: WEIGHTS[name] * term() for name, term in terms.items()}
    return sum(values.values()), values
