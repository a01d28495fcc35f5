# task: tabletop/open-cabinet-door
# expect: accepted
import numpy as np


def compute_dense_reward(self, action) -> float:
    handle = self.cabinet.handle
    ee_coords = self.robot.get_ee_coords()
    handle_pcd = handle.get_world_pcd()
    dist = cdist(ee_coords, handle_pcd)
    nearest = dist.min(axis=1)
    ee_near = 1 - np.tanh(3 * np.mean(nearest))

    # the fingers should be on different sides of the handle
    local = transform_points(handle.pose.inv().to_transformation_matrix(), ee_coords)
    sdf = handle.local_sdf(local)
    clip_sdf = np.clip(sdf, -0.1, 0.02)

    # hand turned as one of the grasps asks for
    angles = []
    for grasp_pose in handle.target_grasp_poses:
        world = handle.pose * grasp_pose
        angles.append(angle_distance(self.robot.ee_pose, world))
    turned = 1 - min(angles)

    # stage 2: open
    open_extent = handle.qpos / handle.target_qpos
    reward = ee_near + 0.5 * turned + float(np.mean(clip_sdf))
    if np.mean(nearest) < 0.05:
        reward += 2 * clip_and_normalize(open_extent, 0.0, 1.0)
        reward += 0.2 * np.tanh(abs(handle.qvel))
    # stage 3: stand still once it is open
    if open_extent > 0.95:
        reward += 1.0 * handle.check_static()
    reward -= 0.02 * np.linalg.norm(self.robot.qvel)
    return float(reward)
