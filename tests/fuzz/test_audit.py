"""The witness of the fuzzer sees what programs must not do, and does not cry over what they may."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.sandbox import spawn
from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.jail import Guards
from tests.fuzz import audit
from tests.fuzz.scenes import SCENES, rows

SCHEMA, ARM = SCENES["table"], SCENES["arm"]
SEEN = {
    "file": "open('/etc/passwd')",
    "import": "import ftplib",
    "attribute of a module": "np.nothing",
    "compile": "compile('1', '', 'eval')",
    "socket": "import socket; socket.socket()",
    "process": "import os; os.system('true')",
    "frame": "import sys; sys._getframe()",
    "code": "(lambda: 0).__code__",
    "module in a name": "module = np",
    "module in a list": "modules = [np]",
    "class": "cls = type(self)",
    "subclasses": "().__class__.__base__.__subclasses__()",
    "format": "'{0.real}'.format(1)",
    "builtin": "vars(np)",
    "unlisted method": "action.setflags(write=False)",
    "unlisted function": "np.broadcast_shapes((1,), (2,))",
    "error state": "np.seterr(over='raise')",
    "print options": "np.set_printoptions(precision=2)",
    "random state": "np.random.seed(1)",
    "recursion limit": "import sys; sys.setrecursionlimit(99)",
    "module changed": "np.pi = 3.0",
}
MAY = [
    "x = np.linalg.norm(action) + np.sum(action, axis=0) + action.mean()",
    "x = str(np.eye(3)) + f'{self.goal_position} {action[0]:.3f}'",
    "x = [v for v in sorted(map(abs, action), key=lambda v: -v)]",
    "d = {'a': 1.0}\n    d.update(b=2.0)\n    x = max(d, key=d.get)",
    "x = np.percentile(action, 50.0), np.interp(0.5, [0, 1], [0, 1])",
    "x = np.einsum('i,i', action, action), np.finfo(float).eps",
    "try:\n        1 / 0\n    except ZeroDivisionError as e:\n        x = 0.0",
    "x = isinstance(action, np.ndarray), self.previous.robot.ee_position, self.time",
]


@pytest.fixture(scope="module", autouse=True)
def _watched():
    audit.install()
    yield
    spawn.close(audit.SEED)


ASKED = """x = self.cubeA.pose * self.robot.ee_pose.inv(), Pose([0, 0, 1]), str(self.cubeA.pose)
    x = self.cubeA.pose.p, self.cubeA.pose.q, self.cubeA.pose.to_transformation_matrix()
    x = [angle_distance(g * self.handle.pose, self.robot.ee_pose) for g in
         self.handle.target_grasp_poses]
    x = self.robot.check_grasp(self.cubeA, max_angle=30), self.cubeA.check_static()
    x = cdist(self.robot.get_ee_coords(), self.handle.get_world_pcd()).min()
    x = self.handle.local_sdf(positions=self.previous.robot.get_ee_coords())
    x = ObjectPose(q=self.cubeA.pose.q), transforms3d.euler.quat2euler(self.cubeA.pose.q)"""


def told(body):
    source = (
        f"import numpy as np\ndef compute_dense_reward(self, action):\n    {body}\n    return 1.0\n"
    )
    guards = Guards(reading=False)
    with RewardWorker(source, SCHEMA, mode="probe", hash_seed=audit.SEED, _guards=guards) as worker:
        assert worker.ok, worker.findings
        try:
            worker.evaluate(np.zeros((2, SCHEMA.row_size)))
        except WorkerFault as fault:
            return fault.message
    return ""


@pytest.mark.parametrize("body", SEEN.values(), ids=SEEN.keys())
def test_the_witness_sees(body):
    assert told(body).startswith(audit.MARK)


@pytest.mark.parametrize("body", MAY)
def test_the_witness_lets_programs_compute(body):
    source = f"def compute_dense_reward(self, action):\n    {body}\n    return 1.0\n"
    with RewardWorker(source, SCHEMA, mode="train", hash_seed=audit.SEED) as worker:
        assert worker.ok, worker.findings
        assert worker.evaluate(np.zeros((2, SCHEMA.row_size))).reward.tolist() == [1.0, 1.0]


def test_the_witness_lets_programs_use_poses_and_methods():
    source = "import transforms3d.euler\n\n\ndef compute_dense_reward(self, action):\n    "
    source += f"{ASKED}\n    return 1.0\n"
    with RewardWorker(source, ARM, mode="train", hash_seed=audit.SEED) as worker:
        assert worker.ok, worker.findings
        assert worker.evaluate(rows(ARM)[:3]).reward.tolist() == [1.0, 1.0, 1.0]
