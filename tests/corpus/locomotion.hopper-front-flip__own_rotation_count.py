# task: locomotion/hopper-front-flip
# expect: refused StatefulReward
# remedy: self.previous
def compute_dense_reward(self, action):
    self.rotations = getattr(self, "rotations", 0.0) + self.hopper.top_joint.angular_velocity
    return self.rotations
