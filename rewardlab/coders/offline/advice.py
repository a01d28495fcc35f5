"""Kinds of comments: the words that mean them and what they do to a plan."""

from __future__ import annotations

from typing import NamedTuple

from rewardlab.coders.offline import effects
from rewardlab.coders.offline.effects import Effect


class Advice(NamedTuple):
    """A kind of comment.

    Attributes:
        name: How the list of what can be acted on calls it.
        pattern: Words that mean it.
        act: Changes a plan and says how; `None` if it does not apply to this plan.
    """

    name: str
    pattern: str
    act: Effect


_THE = r"(?:the |its |your |that )?"
_HAND = r"(?:gripper|fingers?|claws?)"
_NOT = r"(?:never|not|n't|cannot|fails? to|without|barely|hardly)"

ADVICE = (
    Advice(
        "too slow",
        r"(?:too|very|so|is|moves) slow\b|not fast enough|faster|quicker|hurry|"
        r"speed (?:it )?up|takes too long",
        effects.faster,
    ),
    Advice("too fast", r"too (?:fast|quick)|slow(?:er| down)|more slowly|gentl", effects.slower),
    Advice(
        "it shakes / be smoother",
        r"not smooth|not stable|unstable|shak|smooth|jitter|trembl|jerk|wobbl|"
        r"vibrat|oscillat|twitch|calm",
        effects.smoother,
    ),
    Advice(
        "it never touches the thing",
        rf"{_NOT} (?:\w+ ){{0,3}}(?:touch|reach|get to|find|hit|contact|grab|grasp)|miss(?:es|ed)",
        effects.touch,
    ),
    Advice(
        "keep the gripper open",
        rf"(?<!clos)\bopen(?:ed)? {_THE}{_HAND}|{_HAND} (?:(?!not )\w+ ){{0,3}}open|"
        rf"(?:not|n't) close {_THE}{_HAND}",
        effects.grip("open"),
    ),
    Advice(
        "close the gripper",
        rf"(?<!not )(?<!n't )\b(?:close|shut|closing) {_THE}{_HAND}|"
        rf"{_HAND} (?:(?!not )\w+ ){{0,3}}(?:closed|shut)|(?:not|n't) open {_THE}{_HAND}|"
        rf"{_HAND} (?:\w+ ){{0,2}}not (?:be |stay )?open",
        effects.grip("closed"),
    ),
    Advice(
        "push harder",
        r"(?:push|press|pull|turn|slide|move|open|close|sweep)\w* (?:\w+ ){0,3}(?:harder|stronger)|"
        r"harder|more force|more strength|too weak|firm",
        effects.harder,
    ),
    Advice(
        "stay lower",
        r"\blower\b|too high|further down|closer to the (?:table|ground|floor)",
        effects.height(-0.05, 0.02, -1),
    ),
    Advice(
        "stay higher",
        r"\bhigher\b|too low|further up|above the table|"
        r"collid|(?:hits|scratches|touches) the table",
        effects.height(0.05, 0.15, 1),
    ),
    Advice(
        "approach from above",
        r"(?:approach|come|go|move|reach|get)\w* (?:\w+ ){0,4}from (?:above|the top)|from above|"
        r"top.?down",
        effects.approach,
    ),
    Advice(
        "approach straight",
        r"(?:approach|go|move|come) (?:\w+ ){0,3}(?:straight|direct)\w*",
        effects.approach,
    ),
    Advice(
        "it stops before the goal",
        r"stop(?:s|ped)? (?:\w+ ){0,3}(?:before|short|early|half)|not far enough|half.?way|"
        r"(?:not|n't) (?:fully|completely|quite|all the way)|"
        r"(?:open|close|press|push|pull|turn|slide)\w* (?:it |the \w+ )?(?:more|wider|fully)|"
        r"further(?! up| down)|"
        r"farther|all the way",
        effects.finish,
    ),
    Advice(
        "it goes past the goal", r"overshoot|too far|past the goal|goes past|beyond", effects.settle
    ),
    Advice(
        "it drops the thing", r"drops|los(?:es|ing) (?:the |its )?grip|lets go|slips", effects.hold
    ),
    Advice(
        "stay upright", r"fall|topple|tip(?:s|ping)? over|upright|balance|lean", effects.upright
    ),
    Advice(
        "go straight ahead",
        r"drift|veer|sideways|curve|straight (?:ahead|line)|circle",
        effects.straight_line,
    ),
    Advice(
        "more weight on TERM",
        rf"more (?:weight|emphasis|importance|reward|focus)? ?(?:on |to |for )?{_THE}([a-z_]+)",
        effects.weight(2.0),
    ),
    Advice(
        "less TERM",
        rf"less (?:weight |emphasis |reward )?(?:on |to |for )?{_THE}([a-z_]+)",
        effects.weight(0.5),
    ),
    Advice(
        "remove TERM",
        rf"(?:remove|drop|delete|take out|get rid of) {_THE}(?:term )?([a-z_]+)",
        effects.remove,
    ),
)
