# task: locomotion/ant-wave-leg
# expect: refused UnknownAttribute
# remedy: did you mean front_right_leg_joint
def compute_dense_reward(self, action):
    return abs(self.ant.front_right_hip_joint.angular_velocity)
