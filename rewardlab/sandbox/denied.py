"""System calls that a trainer never needs, for x86_64 and aarch64 (`NONE`: there is none).

A deny-list, because learning libraries use most others; it stands beside landlock, not alone.
Numbers are those of the kernel's `unistd.h`; those of aarch64 have not been run.
"""

from __future__ import annotations

from rewardlab.sandbox import kernel

NONE = -1
"""The machine has no such call."""

CALLS = {
    # network; a pair of connected sockets may still be made
    "socket": (41, 198), "connect": (42, 203), "accept": (43, 202), "bind": (49, 200),
    "listen": (50, 201), "accept4": (288, 242),
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "process_mrelease": (448, 448), "setpriority": (141, 140), "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "ioprio_set": (251, 30),
    "migrate_pages": (256, 238), "move_pages": (279, 239),
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "semget": (64, 190),
    "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192), "msgget": (68, 186),
    "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187), "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    # modes, owners, times and attributes of files
    "chmod": (90, NONE), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, NONE), "fchown": (93, 55), "lchown": (94, NONE), "fchownat": (260, 54),
    "utime": (132, NONE), "utimes": (235, NONE), "futimesat": (261, NONE),
    "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "setxattrat": (463, 463), "removexattrat": (466, 466), "file_setattr": (469, 469),
    # mounts and namespaces
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "open_tree_attr": (467, 467), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "fanotify_init": (300, 262), "fanotify_mark": (301, 263),
    # the kernel and the machine
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "swapon": (167, 224), "swapoff": (168, 225),
    "reboot": (169, 142), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "sethostname": (170, 161),
    "setdomainname": (171, 162), "acct": (163, 89), "syslog": (103, 116), "vhangup": (153, 58),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "lookup_dcookie": (212, 18),
    "iopl": (172, NONE), "ioperm": (173, NONE), "modify_ldt": (154, NONE),
}  # fmt: skip
PROGRAMS = {"execve": (59, 221), "execveat": (322, 281)}
IOCTL, PRLIMIT, AFFINITY = (16, 29), (302, 261), (203, 122)
CLONE, CLONE3 = (56, 220), (435, 435)
NAMESPACES = 0x7E020000
"""Flags of `clone` that make new namespaces; those of `clone3` no filter can see."""
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
"""Requests that put characters into a terminal's input, as if they were typed."""


def reach(known: kernel.Machine) -> bytes:
    """Return the filter that keeps a process from reaching what is not its own."""
    ioctl, clone = _number(IOCTL, known), _number(CLONE, known)
    arguments = [kernel.Argument(ioctl, 1, request) for request in (TIOCSTI, TIOCLINUX)]
    arguments += [kernel.Argument(_number(c, known), 0, 0, "other") for c in (PRLIMIT, AFFINITY)]
    arguments += [kernel.Argument(clone, 0, NAMESPACES, "bits")]
    # Where there is no clone3, C libraries use clone.
    absent = _number(CLONE3, known)
    return kernel.deny_code(known, _numbers(CALLS, known), arguments, absent)


def programs(known: kernel.Machine) -> bytes:
    """Return the filter that keeps a process from executing anything."""
    return kernel.deny_code(known, _numbers(PROGRAMS, known))


def _numbers(calls: dict[str, tuple[int, int]], known: kernel.Machine) -> list[int]:
    numbers = (_number(pair, known) for pair in calls.values())
    return [number for number in numbers if number != NONE]


def _number(pair: tuple[int, int], known: kernel.Machine) -> int:
    return pair[0 if known is kernel.MACHINES["x86_64"] else 1]
