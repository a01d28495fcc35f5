def compute_dense_reward(self, action):
    reach = tolerance(
        np.linalg.norm(self.obj1.position - self.robot.ee_position),
        bounds=(0, 0.02),
        margin=0.3,
        sigmoid="long_tail",
    )
    place = tolerance(
        np.linalg.norm(self.obj1.position - self.goal_position), (0.0, 0.05), margin=0.4
    )
    terms = dict(reach=reach, place=2.0 * place)
    terms.update(calm=-0.01 * clip_and_normalize(np.linalg.norm(action), 0, 2))
    return sum(terms[k] for k in sorted(terms)), terms
