"""What a hostile program may try, and the world in which one sees whether it had an effect."""

from tests.sandbox.attempts import descriptors, files, machine, memory, network, processes
from tests.sandbox.attempts.attempt import Attempt

DANGERS: dict[str, tuple[Attempt, ...]] = {
    "writes": files.WRITES,
    "reads": files.READS,
    "network": network.ATTEMPTS,
    "processes": processes.PROCESSES,
    "threads": processes.THREADS,
    "signals": processes.SIGNALS,
    "others": processes.OTHERS,
    "memory": memory.ATTEMPTS,
    "descriptors": descriptors.ATTEMPTS,
    "machine": machine.ATTEMPTS,
}
"""All attempts, by what they endanger."""

ALL = {f"{danger}: {one.name}": one for danger, them in DANGERS.items() for one in them}
"""All attempts, by name."""
