# task: locomotion/ant-forward
# expect: refused UnknownAttribute
# remedy: did you mean
def compute_dense_reward(self, action):
    return self.robot.torso.velocity_x
