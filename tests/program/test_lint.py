"""Advice is given where a known fault stands, and nowhere else: a false alarm costs trust."""

import pytest

from rewardlab.program.reading import read
from tests.program.arm import SCENE

HEAD = "from transforms3d.euler import euler2quat, quat2euler\n\n\n"
HEAD += "def compute_dense_reward(self, action):\n    "
CUBE, TIP = "self.cubeA.pose", "self.robot.ee_pose"
MATRIX = f"{CUBE}.to_transformation_matrix()"

WARNED = {
    "QUAT_ORDER": [
        f"return Rotation.from_quat({CUBE}.q).magnitude()",
        f"q = {CUBE}.q\n    return Rotation.from_quat(q).magnitude()",
        f"return Rotation.from_quat({CUBE}.q.copy()).magnitude()",
        f"return Rotation.from_quat(qmult(qinverse({CUBE}.q), {TIP}.q)).magnitude()",
        f"turn = qmult({CUBE}.q, {TIP}.q)\n    return Rotation.from_quat(turn).magnitude()",
        "return Rotation.from_quat(euler2quat(0.1, 0.2, 0.3)).magnitude()",
        f"q = Rotation.from_euler('z', 0.3).as_quat()\n    return float(qmult(q, {CUBE}.q)[0])",
        "return quat2euler(Rotation.identity().as_quat())[0]",
        "return float(Pose(q=Rotation.identity().as_quat()).q[0])",
    ],
    "DOMAIN": [
        f"return np.arccos({MATRIX}[2, 2])",
        f"axis = {MATRIX}[:3, 2]\n    return np.arccos(axis[2])",
        f"return math.acos(float({MATRIX}[2, 2]))",
        f"return np.arccos(np.dot({CUBE}.p, {TIP}.p))",
        f"cosine = {CUBE}.p @ {TIP}.p\n    return np.arccos(cosine)",
        f"return np.arccos((np.trace({MATRIX}[:3, :3]) - 1) / 2)",
        f"return 2 * np.arcsin(abs({CUBE}.p.dot({TIP}.p)))",
    ],
    "SHAPE": [
        f"return cdist({CUBE}.p, self.handle.get_world_pcd()).min()",
        f"tip = {TIP}.p\n    return cdist(self.handle.get_world_pcd(), tip).min()",
    ],
    "FLOAT_EQ": [
        "return float(self.handle.qpos == self.handle.target_qpos)",
        "return float(self.robot.gripper_openness != 0.5)",
    ],
    "POSITION_COSINE": [
        f"return distance.cosine({CUBE}.p, {TIP}.p)",
        f"return cdist({CUBE}.p[None], {TIP}.p[None], 'cosine')[0, 0] + distance.cosine("
        f"{CUBE}.p, {TIP}.p)",
    ],
}
CLEAN = [
    f"return Rotation.from_quat({CUBE}.q, scalar_first=True).magnitude()",
    f"return Rotation.from_quat({CUBE}.q[[1, 2, 3, 0]]).magnitude()",
    f"return Rotation.from_quat(np.roll({CUBE}.q, -1)).magnitude()",
    f"w, x, y, z = {CUBE}.q\n    return Rotation.from_quat([x, y, z, w]).magnitude()",
    f"q = Rotation.identity().as_quat(scalar_first=True)\n    return float(qmult(q, {CUBE}.q)[0])",
    "return Rotation.from_quat(Rotation.identity().as_quat()).magnitude()",
    f"q = {CUBE}.q\n    q = np.array([q[1], q[2], q[3], q[0]])\n"
    "    return Rotation.from_quat(q).magnitude()",
    f"return np.arccos(np.clip({MATRIX}[2, 2], -1, 1))",
    f"cosine = np.clip(np.dot({CUBE}.p, {TIP}.p), -1.0, 1.0)\n    return np.arccos(cosine)",
    f"return math.acos(max(-1.0, min(1.0, {MATRIX}[2, 2])))",
    "return np.arccos(np.tanh(self.handle.qpos))",
    "return np.arccos(0.5)",
    f"return np.arctan2({CUBE}.p @ {TIP}.p, 1.0)",
    f"return cdist({CUBE}.p[None], self.handle.get_world_pcd()).min()",
    f"return cdist({CUBE}.p.reshape(1, 3), self.robot.get_ee_coords()).min()",
    f"return cdist([{CUBE}.p], self.robot.get_ee_coords()).min()",
    "return float(abs(self.handle.qpos - self.handle.target_qpos) < 1e-3)",
    "return float(self.handle.qpos >= self.handle.target_qpos)",
    "return 1.0 * (self.cubeA.check_static() == self.handle.check_static())",
    f"return distance.cosine(self.cubeA.velocity + 1e-6, {TIP}.p - {CUBE}.p)",
]
CASES = [(code, body) for code, bodies in WARNED.items() for body in bodies]


@pytest.mark.parametrize(("code", "body"), CASES)
def test_a_known_fault_is_told(code, body):
    reading = read(HEAD + body, SCENE)
    assert {(f.code, f.severity) for f in reading.findings} == {(code, "warning")}
    assert all(f.hint for f in reading.findings)
    assert reading.ok


@pytest.mark.parametrize("body", CLEAN)
def test_what_is_in_order_gets_no_advice(body):
    assert read(HEAD + body, SCENE).findings == ()
