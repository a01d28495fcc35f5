# task: tabletop/open-cabinet-door
# expect: accepted
def compute_dense_reward(self, action):
    import numpy as np
    from scipy.spatial.distance import cdist as pairwise

    tips = self.robot.get_ee_coords()
    assert tips.shape == (2, 3)
    cloud = self.cabinet.get_pcd()
    try:
        d = pairwise(tips, self.cabinet.handle.get_world_pcd()).min()
    except ValueError:
        d = 1.0
    inside = np.mean(np.linalg.norm(cloud - self.robot.ee_pose.p, axis=1))
    return -d - 0.01 * inside + 2 * self.cabinet.handle.qpos
