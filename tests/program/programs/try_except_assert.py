import numpy as np


def compute_dense_reward(self, action):
    assert action.shape == (4,), f"unexpected action {action.shape}"
    try:
        direction = self.goal_position - self.obj1.position
        unit = direction / np.linalg.norm(direction)
        alignment = float(np.dot(unit, self.obj1.position - self.previous.obj1.position))
    except ZeroDivisionError:
        alignment = 0.0
    except (ValueError, TypeError) as error:
        raise RuntimeError(f"bad shapes: {error}") from error
    else:
        alignment *= 2.0
    finally:
        scale = 0.5
    try:
        inverse = np.linalg.inv(np.outer(direction, direction))
        alignment += 0.0 * inverse[0, 0]
    except np.linalg.LinAlgError:
        pass
    return scale * alignment
