# task: tabletop/pick-cube
# expect: accepted
from transforms3d.quaternions import qinverse, qmult, quat2axangle


def compute_dense_reward(self, action):
    relative = qmult(qinverse(self.robot.ee_pose.q), self.cubeA.pose.q)
    axis, angle = quat2axangle(relative)
    away = abs(angle) % (np.pi / 2)
    turned = min(away, np.pi / 2 - away)
    reach = np.linalg.norm(self.robot.ee_pose.p - self.cubeA.pose.p)
    to_goal = np.linalg.norm(self.cubeA.pose.p - self.goal_position)
    return 1 - np.tanh(5 * reach) - 0.1 * turned + 2 * (1 - np.tanh(5 * to_goal))
