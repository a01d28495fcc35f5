"""Answers of a chat model or its server: any text, any JSON."""

from __future__ import annotations

import json
import time
import unicodedata
from random import Random
from typing import Any

from rewardlab.coders.chat import ChatCoder
from rewardlab.coders.endpoint import Endpoint
from rewardlab.coders.extraction import extract
from rewardlab.coders.text import REPLY_LIMIT, clean, one_line
from rewardlab.errors import CoderError, ConfigError
from rewardlab.program.predicate import predicate_program
from rewardlab.program.reading import read
from tests.fuzz.files import change
from tests.fuzz.hostile import respell
from tests.fuzz.oracles import Failure
from tests.fuzz.programs import write
from tests.fuzz.scenes import SCENES
from tests.fuzz.writer import Writer

_PIECES = [
    *(
        "```",
        "```python\n",
        "~~~",
        "````py\n",
        "\n```\n",
        "    ```",
        "```js\n",
        "`" * 4000,
        "\r\n",
        "\r",
    ),
    *(
        "def compute_dense_reward(self, action):\n",
        "    return 1.0\n",
        "return 2\n",
        "class A:\n    ",
    ),
    *(
        "\0",
        "\u202e",
        "\x1b[31m",
        "\ud800",
        "Here is the code:\n",
        "(" * 300,
        "'''",
        "\t",
        "\\\n" * 50,
    ),
    *(
        "-" * 3000,
        "```python title=x\n",
        "<think>",
        "</think>",
        "{{7*7}}",
        "def f(:\n",
        "  " * 2000,
        "\f",
    ),
]
_BODY: dict[str, Any] = {
    "id": "x", "object": "chat.completion",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "a", "content": "t"}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2},
}  # fmt: skip


def check_answer(rng: Random) -> None:
    """Extract a program from an arbitrary text, and read an arbitrary body of a server."""
    text = _text(rng)
    start = time.process_time()
    try:
        found = extract(text)
        shown = clean(text, REPLY_LIMIT), one_line(text)
    except BaseException as error:
        raise Failure("extraction-raises", f"{type(error).__name__}: {error}") from error
    if time.process_time() - start > 5.0:
        raise Failure("extraction-hangs", repr(text[:100]))
    if found is not None and not isinstance(found, str):
        raise Failure("extraction-type", repr(found))
    hidden = {unicodedata.category(c) for c in shown[1]} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    if len(shown[0]) > REPLY_LIMIT or hidden:
        raise Failure("text-unclean", repr(shown[1]))
    _check_body(rng)


def check_predicate(rng: Random) -> None:
    """Make a program of a success predicate that anybody may have written."""
    schema = rng.choice(list(SCENES.values()))
    writer = Writer(rng, schema, wild=0.1, evil=rng.choice([0, 0.3]))
    text = writer.expr("bool", 3).replace("self.", rng.choice(["self.", ""]))
    text = respell(text, rng) if rng.random() < 0.2 else text
    try:
        made = predicate_program(text, schema)
    except ConfigError:
        return
    except BaseException as error:
        raise Failure("predicate-raises", f"{type(error).__name__}: {error}") from error
    if not read(made.source, schema).ok:
        raise Failure("predicate-refused", text)


def _text(rng: Random) -> str:
    pieces = [rng.choice(_PIECES) for _ in range(rng.randint(0, 12))]
    if rng.random() < 0.6:
        program = write(rng, rng.choice(list(SCENES.values())))
        pieces.insert(rng.randint(0, len(pieces)), program)
        pieces += [program[: rng.randrange(len(program))]] if rng.random() < 0.3 else []
    return "".join(pieces)


class _Told(ChatCoder):
    """A coder whose server said something."""

    def __init__(self, body: str) -> None:
        super().__init__(endpoint=Endpoint("http://localhost:1/v1", "sk-canary-0123456789"))
        self.body = body

    def _post(self, asked: Any) -> str:
        return self.body


def _check_body(rng: Random) -> None:
    value: Any = _BODY
    for _ in range(rng.randint(0, 3)):
        value = change(value, rng)
    body = json.dumps(value)
    if rng.random() < 0.3:
        at = rng.randrange(len(body) + 1)
        body = body[:at] + rng.choice(["[" * 50_000, "", '"', "\0", "sk-canary-0123456789"])
    try:
        answer = _Told(body)._ask({}, {})
    except CoderError as error:
        told = f"{error} {json.dumps(error.record)}"
        if len(told) > 5000 or "\n" in str(error) or "sk-canary-0" in told:
            raise Failure("endpoint-told", told[:200]) from error
    except BaseException as error:
        raise Failure("endpoint-raises", f"{type(error).__name__}: {error}") from error
    else:
        json.dumps(answer)
