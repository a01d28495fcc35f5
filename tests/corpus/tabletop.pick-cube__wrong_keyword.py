# task: tabletop/pick-cube
# expect: refused UnknownAttribute
# remedy: did you mean max_angle?
def compute_dense_reward(self, action):
    return 1.0 * self.robot.check_grasp(self.cubeA, angle=30)
