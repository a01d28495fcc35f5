# task: tabletop/lift-cube
# expect: refused UnknownAttribute
# remedy: write self.robot.gripper_openness without parentheses
def compute_dense_reward(self, action):
    return self.robot.gripper_openness() - 0.5
