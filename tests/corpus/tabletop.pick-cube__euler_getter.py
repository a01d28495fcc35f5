# task: tabletop/pick-cube
# expect: refused UnknownAttribute
# remedy: members: p, q, inv, to_transformation_matrix
def compute_dense_reward(self, action):
    roll, pitch, yaw = self.cubeA.pose.get_euler_angles()
    return -abs(roll)
