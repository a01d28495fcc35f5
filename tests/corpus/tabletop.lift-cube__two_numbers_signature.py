# task: tabletop/lift-cube
# expect: refused UnknownAttribute
# remedy: 
def compute_dense_reward(height, is_grasped):
    return height.value + 1.0 * is_grasped
