# task: tabletop/push-chair
# expect: refused UnknownAttribute
# remedy: members: pose,
def compute_dense_reward(self, action):
    return -cdist(self.robot.get_ee_coords(), self.chair.handle.get_world_pcd()).min()
