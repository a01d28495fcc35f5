# task: locomotion/hopper-forward
# expect: accepted, warns ForbiddenSyntax, OutputWarning
class HopperReward:
    def compute_dense_reward(self, action) -> float:
        speed = self.hopper.top.velocity_x
        print("speed", speed)
        return float(speed - 0.001 * np.sum(np.square(action)))
