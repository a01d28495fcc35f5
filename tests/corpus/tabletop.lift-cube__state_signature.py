# task: tabletop/lift-cube
# expect: refused RewardSignatureError
# remedy: define compute_dense_reward(self, action)
def compute_dense_reward(state):
    return -abs(state["cube_height"] - 0.2)
