"""The table's part on rotations: scipy's `Rotation`, quaternions and Euler angles."""

from __future__ import annotations

from rewardlab.program.signature import functions

ROTATION = functions(
    """
    align_vectors(a, b, weights) concatenate(rotations) from_euler(seq, angles, degrees)
    from_matrix(matrix) from_quat(quat; scalar_first) from_rotvec(rotvec, degrees) identity(num)
    """
)
"""Constructors of `scipy.spatial.transform.Rotation`."""

QUATERNIONS = functions("mat2quat(M) qinverse(q) qmult(q1, q2) quat2axangle(quat) quat2mat(q)")
"""Those of `transforms3d.quaternions` that are there without an import."""

TRANSFORMS3D = {
    "transforms3d": {},
    "transforms3d.euler": functions(
        """
        axangle2euler(vector, theta, axes) euler2axangle(ai, aj, ak, axes)
        euler2mat(ai, aj, ak, axes) euler2quat(ai, aj, ak, axes) mat2euler(mat, axes)
        quat2euler(quaternion, axes)
        """
    ),
    "transforms3d.quaternions": {
        **QUATERNIONS,
        **functions("axangle2quat(vector, theta) qconjugate(q) rotate_vector(v, q)"),
    },
}
"""Modules of a package that need not be installed: the worker brings what is listed."""
