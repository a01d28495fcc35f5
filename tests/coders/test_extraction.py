import pytest

from rewardlab.coders.extraction import extract

GOOD = "def compute_dense_reward(self, action):\n    return 1.0\n"
OTHER = "def compute_dense_reward(self, action):\n    return 2.0\n"


@pytest.mark.parametrize("fence", ["```", "~~~", "````", "~~~~~"])
@pytest.mark.parametrize("tag", ["", "python", "py", "Python", "python3", " python"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_form_of_fence_gives_the_program(fence, tag, newline):
    reply = f"Here it is:\n\n{fence}{tag}  \n{GOOD}{fence}  \nDone.".replace("\n", newline)
    assert extract(reply) == GOOD


def test_the_last_fence_may_be_left_open():
    assert extract(f"So:\n```python\n{GOOD}") == GOOD


def test_a_fence_inside_a_list_is_dedented():
    body = "".join(f"   {line}\n" for line in GOOD.splitlines())
    assert extract(f"1. first\n   ```python\n{body}   ```\n2. next") == GOOD


def test_the_last_block_that_defines_the_function_wins():
    reply = f"Draft\n```python\n{GOOD}```\nBetter\n```python\n{OTHER}```\nUsage\n```\nx = 1\n```\n"
    assert extract(reply) == OTHER


def test_blocks_in_other_languages_are_not_programs():
    assert extract(f"```python\n{GOOD}```\n```bash\npip install x\n```") == GOOD
    assert extract('```json\n{"return": 1}\n```') is None


def test_helpers_stay_with_the_function():
    source = "import numpy as np\n\n\ndef near(x):\n    return -x\n\n\n" + GOOD
    assert extract(f"```python\n{source}```") == source


def test_a_method_in_a_class_counts_as_defining_it():
    source = "class Reward:\n    def compute_dense_reward(self, action):\n        return 1.0\n"
    assert extract(f"```python\n{source}```") == source


def test_a_bare_body_is_wrapped():
    got = extract("```python\nd = self.robot.x\nreturn -d\n```")
    assert got == "def compute_dense_reward(self, action):\n    d = self.robot.x\n    return -d\n"


def test_a_whole_reply_without_fence_is_taken():
    assert extract(GOOD) == GOOD


def test_code_with_a_syntax_error_is_handed_on_so_that_it_can_be_repaired():
    broken = "def compute_dense_reward(self, action):\n    return (1.0\n"
    assert extract(f"```python\n{broken}```") == broken
    assert extract(f"Sure: \n{broken}") == broken


def test_a_function_of_another_name_is_handed_on():
    wrong = "def compute_reward(self, action):\n    return 1.0\n"
    assert extract(f"```python\n{wrong}```") == wrong


@pytest.mark.parametrize("reply", ["", "I cannot do that.", "```\n```", "``` ```", "\0\ud800"])
def test_no_code_is_none(reply):
    assert extract(reply) is None


def test_fences_in_a_string_of_a_longer_fence_do_not_end_it():
    source = 'def compute_dense_reward(self, action):\n    """\n```\n"""\n    return 1.0\n'
    assert extract(f"````python\n{source}````") == source


def test_a_hostile_reply_is_bounded():
    assert extract("```python\n" + "(" * 100_000 + "\n```") is None
    assert extract("```\n" * 5_000) is None


@pytest.mark.parametrize(
    "long", ["-" * 190_000 + "1", "+".join("x" * 60_000), "1\n" * 60_000 + "1"]
)
def test_a_program_too_big_to_be_parsed_is_handed_on_so_that_reading_says_so(long):
    block = f"def compute_dense_reward(self, action):\n    return 1.0\ny = {long}\n"
    assert extract(f"```python\n{block}```") == block
    assert extract(f"```python\n{long}\n```") is None


def test_a_body_too_big_to_be_parsed_is_handed_on_as_it_is():
    body = "return 1.0\n" * 3000
    assert extract(f"```python\n{body}```") == body


def test_odd_escapes_in_a_reply_warn_nobody():
    block = "def compute_dense_reward(self, action):\n    x = '\\d'\n    return 1.0\n"
    assert extract(f"```python\n{block}```") == block
