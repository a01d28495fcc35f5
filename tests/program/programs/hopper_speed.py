def compute_dense_reward(self, action):
    torso = self.ant.torso
    target_speed = 2.0
    speed_term = 1.0 - abs(torso.velocity_x - target_speed) / target_speed
    height_term = min(torso.position_z / 0.8, 1.0)
    energy = sum(a * a for a in action) / len(action)
    jerk = abs(torso.velocity_x - self.previous.ant.torso.velocity_x) / self.dt
    return {"total": speed_term + height_term - 0.1 * energy - 1e-4 * jerk}["total"]
