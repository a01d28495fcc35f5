import numpy as np
import gym


class DoorCloseEnv(gym.Env):
    """The reward of the task."""

    def compute_dense_reward(self, action, obs):
        handle = self.obj1.position
        to_handle = np.linalg.norm(handle - self.robot.ee_position)
        to_goal = np.linalg.norm(handle - self.goal_position)
        stage = 1 if to_handle < 0.1 else 0
        if stage == 1:
            return 2.0 - to_goal
        return -to_handle
