# task: tabletop/turn-faucet
# expect: refused UnknownAttribute
# remedy: 
def compute_dense_reward(self, action):
    return float(self.faucet.handle.local_sdf(self.robot.ee_pose).max())
