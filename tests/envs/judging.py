"""Predicates judged on scenes that are made up."""

import numpy as np

from rewardlab.envs.locomotion.robots import ANT, HOPPER

SCHEMA = HOPPER.schema
SECOND = round(1.0 / SCHEMA.dt)
ANT_SECOND = round(1.0 / ANT.schema.dt)


def put(schema, values):
    """A scene block with some fields set by path; `path[i]` is an entry of an array."""
    out = np.zeros(schema.size)
    for path, value in values.items():
        name, _, entry = path.removesuffix("]").partition("[")
        out[schema.layout[name].start + int(entry or 0)] = value
    return out


def judge(rule, scenes, schema=SCHEMA):
    predicate = rule(schema)
    predicate.start(scenes[0])
    return [predicate.step(scene) for scene in scenes[1:]]


def measure(rule, scenes, schema=SCHEMA):
    predicate = rule(schema)
    predicate.start(scenes[0])
    for scene in scenes[1:]:
        predicate.step(scene)
    return predicate.facts()
