"""A scripted coder behind a real HTTP server: programs broken in known ways, and their fixes.

Program `i` is one of the reference library's with weights of its own. Its first draft is broken in
class `c` with probability `P[c]`; each correction puts it right with probability `Q[c]`, more by
`HELP` where the prompt shows a correction of the same code, and else comes back broken in the same
class. Draws depend on the program and the round alone, so that all arms meet the same errors.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from rewardlab.coders.library import reference

TASKS = tuple(f"metaworld/{n}" for n in ("drawer-open", "window-close", "button-press", "reach"))
P = {"E1": 0.08, "E2": 0.06, "E3": 0.24, "E4": 0.10, "E5": 0.06, "E6": 0.08, "E7": 0.08, "E8": 0.10}
Q = {"E1": 0.7, "E2": 0.6, "E3": 0.5, "E4": 0.4, "E5": 0.5, "E6": 0.4, "E7": 0.5, "E8": 0.4}
HELP = 0.3
GOOD = "OK"
MARK = re.compile(r"# program (\d+) (\w+) try (\d+)")
_TAIL = "    return sum(terms.values()), terms\n"
_WEIGHT = re.compile(r"\b\d\.\d(?= \*)")
_CODE = re.compile(r"^- (?:E\d )?(\w+)", re.MULTILINE)
_SAID = "did not pass"

Breaks = dict[str, tuple[tuple[str, str], ...]]
BREAKS: Breaks = {
    "E1": (
        ("    return sum(", "    retrun sum("),
        ("terms.values()), terms", "terms.values(), terms"),
    ),
    "E2": (
        (_TAIL, "    self.best = 1.0\n" + _TAIL),
        (_TAIL, "    open('log')\n" + _TAIL),
        ("(self, action):\n", "(self, action):\n    import os\n    here = os.getcwd()\n"),
    ),
    "E3": ((".ee_position", ".hand_pos"), (".goal_position", ".target"), (".robot.", ".arm.")),
    "E4": (
        (_TAIL, '    terms["mix"] = float(np.sum(self.goal_position + np.zeros(4)))\n' + _TAIL),
        (_TAIL, '    terms["near"] = math.tanh(self.goal_position)\n' + _TAIL),
    ),
    "E5": (
        (_TAIL, '    terms["late"] = 1.0 / float(self.time)\n' + _TAIL),
        (_TAIL, '    terms["late"] = [1.0, 2.0][int(self.time * 0.0) + 5]\n' + _TAIL),
    ),
    "E6": (
        ("return sum(terms.values()), terms", "return self.goal_position, terms"),
        ("return sum(terms.values()), terms", "return float(np.log(np.zeros(1))[0]), terms"),
    ),
    "E7": (("return sum(", "return 100000.0 * sum("),),
    "E8": ((_TAIL, "    return -sum(terms.values()), {k: -v for k, v in terms.items()}\n"),),
}
"""By class texts of a program and what they become."""


def task_of(i: int) -> str:
    """Return the task of a program."""
    return TASKS[i % len(TASKS)]


def good(i: int) -> str:
    """Return program `i` as it should be."""
    (source,) = (entry.source for entry in reference() if entry.task_id == task_of(i))
    rng = random.Random(f"weights {i}")
    return _WEIGHT.sub(lambda m: f"{float(m[0]) * rng.uniform(0.8, 1.25):.3f}", source)


def draft(i: int, name: str, attempt: int) -> str:
    """Return program `i` broken in a class, a marker in its last line."""
    source = good(i)
    if name != GOOD:
        ways = [(a, b) for a, b in BREAKS[name] if a in source]
        before, after = random.Random(f"way {i}").choice(ways)
        source = source.replace(before, after)
    return f"{source}# program {i} {name} try {attempt}\n"


def first_class(i: int) -> str:
    """Return the class of the first draft."""
    u = random.Random(f"class {i}").random()
    for name, share in P.items():
        if u < share:
            return name
        u -= share
    return GOOD


def answer(i: int, messages: list[dict[str, str]]) -> str:
    """Return the reply to a request."""
    last = messages[-1]["content"]
    if _SAID not in last:
        return draft(i, first_class(i), 0)
    found = MARK.search(messages[-2]["content"])
    assert found is not None
    name, attempt = found[2], int(found[3]) + 1
    q = Q[name] + HELP * _helps(messages)
    fixed = random.Random(f"fix {i} {attempt}").random() < q
    return draft(i, GOOD if fixed else name, attempt)


def _helps(messages: list[dict[str, str]]) -> bool:
    """Return whether a correction of the code that is told stands before the task."""
    told = _CODE.search(messages[-1]["content"])
    shown = [_CODE.search(m["content"].rpartition("<findings>")[2]) for m in messages[:-3:2]]
    return told is not None and told[1] in {one[1] for one in shown if one}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer a chat completion."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = f"```python\n{answer(asked['seed'], asked['messages'])}```"
        usage = {
            "prompt_tokens": sum(len(m["content"]) for m in asked["messages"]) // 4,
            "completion_tokens": len(text) // 4,
        }
        choice = {"index": 0, "finish_reason": "stop"}
        message = {"role": "assistant", "content": text}
        body = json.dumps({"choices": [{**choice, "message": message}], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[str]:
    """Serve, and give the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
