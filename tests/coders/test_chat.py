import gzip
import json
import logging
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from werkzeug import Response

from rewardlab.coders.chat import ChatCoder
from rewardlab.coders.endpoint import Endpoint
from rewardlab.errors import CoderError
from tests.conftest import completion


def failure(status, body='{"error": {"message": "no"}}', **headers):
    return lambda: Response(body, status, headers, content_type="application/json")


def error_of(request_, **options):
    with pytest.raises(CoderError) as raised:
        ChatCoder(**{"max_retries": 0, "timeout_s": 5.0, **options}).write(request_)
    message = str(raised.value)
    assert "\n" not in message
    return message, raised.value.record


def test_a_reply_comes_with_a_record_of_the_call(answers, request_):
    asked = answers("Hello")
    reply = ChatCoder("m1", temperature=0.3).write(request_)
    assert reply.text == "Hello"
    assert reply.origin == "m1"
    assert reply.tokens == {"prompt_tokens": 11, "completion_tokens": 7}
    assert asked.bodies[0]["model"] == "m1"
    assert asked.bodies[0]["temperature"] == 0.3
    assert asked.bodies[0]["seed"] == 0
    record = reply.record
    assert record["messages"] == asked.bodies[0]["messages"]
    assert record["template"] == "generate"
    assert len(record["template_hash"]) == 64
    assert record["cached"] is False
    json.dumps(dict(record))


def test_the_model_may_come_from_the_environment(answers, request_, monkeypatch):
    monkeypatch.setenv("OPENAI_MODEL", "from-env")
    asked = answers("Hello")
    ChatCoder().write(request_)
    assert asked.bodies[0]["model"] == "from-env"


def test_the_same_request_is_answered_from_the_cache(answers, request_, environment):
    asked = answers("Hello")
    first, again = ChatCoder("m").write(request_), ChatCoder("m").write(request_)
    assert len(asked.bodies) == 1
    assert (first.text, first.tokens) == (again.text, again.tokens)
    assert again.record["cached"] is True
    files = [f for f in (environment / "cache").rglob("*") if f.is_file()]
    assert [f.stat().st_mode & 0o777 for f in files] == [0o600]


def test_another_sample_model_temperature_or_seed_asks_again(answers, request_):
    from dataclasses import replace

    asked = answers("Hello")
    ChatCoder("m").write(request_)
    ChatCoder("m2").write(request_)
    ChatCoder("m", temperature=0.1).write(request_)
    ChatCoder("m").write(replace(request_, sample=1))
    ChatCoder("m").write(replace(request_, seed=1))
    assert len(asked.bodies) == 5


def test_a_damaged_cache_entry_is_asked_for_again(answers, request_, environment):
    asked = answers("Hello")
    ChatCoder("m").write(request_)
    for file in (environment / "cache").rglob("*.json"):
        file.write_text('{"text": ')
    assert ChatCoder("m").write(request_).text == "Hello"
    assert len(asked.bodies) == 2


def test_a_busy_server_is_asked_again_after_the_time_it_says(answers, request_):
    asked = answers(failure(429, **{"Retry-After": "1"}), "Hello")
    start = time.monotonic()
    assert ChatCoder("m").write(request_).text == "Hello"
    assert len(asked.bodies) == 2
    assert time.monotonic() - start >= 0.9


def test_a_server_that_stays_busy_is_given_up(answers, request_):
    asked = answers(failure(429, **{"retry-after-ms": "10"}))
    message, record = error_of(request_, max_retries=2)
    assert "429" in message
    assert "3 tries" in message
    assert len(asked.bodies) == 3
    assert record["error"] == "RateLimitError"
    assert record["messages"]


def test_a_server_error_is_retried_then_told(answers, request_):
    asked = answers(failure(500, **{"retry-after-ms": "10"}))
    message, record = error_of(request_, max_retries=1)
    assert "500" in message
    assert "localhost" in message
    assert len(asked.bodies) == 2
    assert record["error"] == "InternalServerError"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_names_the_variable(answers, request_, status, key):
    answers(failure(status, json.dumps({"error": {"message": f"Incorrect key {key}."}})))
    message, record = error_of(request_)
    assert str(status) in message
    assert "OPENAI_API_KEY" in message
    assert key not in message + json.dumps(record)


def test_an_unknown_model_is_named(answers, request_):
    answers(failure(404, '{"error": {"message": "The model does not exist"}}'))
    message, _ = error_of(request_, model="nope")
    assert "'nope'" in message
    assert "--model" in message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"choices": [', "not JSON"),
        ("<html>login</html>", "not JSON"),
        ("[]", ""),
        ("[" * 100_000, "not JSON"),
        ('"text"', ""),
        ("{}", "no choices"),
        ('{"choices": []}', "no choices"),
        ('{"choices": null}', "no choices"),
        ('{"choices": [{}]}', ""),
        ('{"choices": [{"message": null}]}', ""),
        ('{"choices": [{"message": {"content": [1]}}]}', ""),
        ('{"error": {"message": "quota\\nis gone"}}', "quota is gone"),
    ],
)
def test_an_answer_that_is_no_completion_is_one_line(answers, request_, body, said):
    answers(lambda: Response(body, content_type="application/json"))
    message, record = error_of(request_)
    assert "chat completion" in message
    assert said in message
    assert record["error"] == "MalformedReply"


def test_a_reply_without_text_is_empty(answers, request_):
    answers(
        lambda: Response(
            '{"choices": [{"message": {"content": null}}]}', content_type="application/json"
        )
    )
    assert ChatCoder("m").write(request_).text == ""


def test_a_hanging_server_is_given_up_after_the_timeout(answers, request_):
    given_up = threading.Event()
    answers(lambda: (given_up.wait(60), Response("{}"))[1])
    message, record = error_of(request_, timeout_s=0.3)
    given_up.set()  # only now does the server answer
    assert "0.3 s" in message
    assert record["error"] == "APITimeoutError"


def test_a_server_that_drips_bytes_is_given_up_after_the_timeout(answers, request_):
    """Each byte comes in time, the answer never does."""

    def drip():
        for _ in range(40):
            time.sleep(0.05)
            yield b" "

    answers(lambda: Response(drip(), content_type="application/json"))
    start = time.monotonic()
    message, record = error_of(request_, timeout_s=0.3)
    assert time.monotonic() - start < 1.5
    assert "0.3 s" in message
    assert record["error"] == "APITimeoutError"


def test_a_port_where_nobody_listens_is_named(request_, monkeypatch, environment):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
    message, _ = error_of(request_)
    assert f"cannot reach 127.0.0.1:{port}" in message
    assert "refused" in message


@pytest.mark.parametrize("option", ["seed", "temperature"])
def test_an_option_that_a_model_refuses_is_left_out(answers, request_, option):
    body = json.dumps({"error": {"message": f"Unsupported: '{option}'", "param": option}})
    asked = answers(failure(400, body), "Hello")
    assert ChatCoder("m").write(request_).text == "Hello"
    assert option in asked.bodies[0]
    assert option not in asked.bodies[1]


def test_another_bad_request_is_an_error(answers, request_):
    asked = answers(failure(400, '{"error": {"message": "context too long"}}'))
    message, _ = error_of(request_)
    assert "context too long" in message
    assert len(asked.bodies) == 1


def test_control_characters_of_a_server_do_not_reach_the_terminal(answers, request_):
    answers(failure(400, json.dumps({"error": {"message": "a\x1b[31mb\u202ec\nd"}})))
    message, _ = error_of(request_)
    assert "a[31mbc d" in message


def test_a_hidden_character_in_a_reply_is_dropped(answers, request_):
    answers("a\u202eb\x1bc\ud800d")
    assert ChatCoder("m").write(request_).text == "abcd"


def test_the_key_is_in_no_log_file_or_message(answers, request_, environment, caplog, key):
    caplog.set_level(logging.DEBUG)
    answers("Hello", failure(401, f"key {key} is wrong"))
    ChatCoder("m").write(request_)
    coder = ChatCoder("m2", max_retries=0)
    with pytest.raises(CoderError) as raised:
        coder.write(request_)
    written = "".join(f.read_text() for f in environment.rglob("*") if f.is_file())
    told = f"{raised.value} {raised.value.record} {vars(coder)} {raised.value.__context__!r}"
    assert key not in written + caplog.text + told


def test_a_key_that_a_server_echoes_is_not_kept(answers, request_, environment, key):
    answers(f"You sent {key}.")
    assert ChatCoder("m").write(request_).text == "You sent [key]."
    assert key not in "".join(f.read_text() for f in environment.rglob("*") if f.is_file())


def test_no_part_of_a_key_is_left_where_a_message_ends(answers, request_, key):
    answers(Response("x" * 70 + key, content_type="application/json"))
    with pytest.raises(CoderError) as caught:
        ChatCoder("m").write(request_)
    assert key[:8] not in f"{caught.value} {caught.value.record}"


def test_a_server_without_key_gets_none(answers, request_, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    answers("Hello")
    assert ChatCoder("m").write(request_).text == "Hello"
    assert ChatCoder("m").endpoint == Endpoint(ChatCoder("m").endpoint.base_url, "")


ODD = "odd\"key\\<&>%/+=$(x)`;'{{7*7}}"


@pytest.mark.parametrize(
    "echo",
    [
        json.dumps,
        lambda key: '"' + "".join(f"\\u{ord(c):04x}" for c in key) + '"',
        lambda key: json.dumps(key[:5] + "\u200b" + key[5:]),
    ],
    ids=["as JSON", "as escapes", "with hidden characters"],
)
@pytest.mark.parametrize("secret", ["sk-canary-0123456789abcdef", ODD])
def test_a_key_is_hidden_however_a_server_writes_it(echo, secret, answers, request_, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", secret)
    for body in (
        '{"choices": [{"message": {"content": %s}}]}',
        '{"error": {"message": %s}}',
        '{"choices": %s}',
        "<html>%s",
    ):
        answers(lambda body=body: Response(body % echo(secret), content_type="application/json"))
        try:
            told = repr(ChatCoder("m", max_retries=0).write(request_))
        except CoderError as error:
            told = f"{error} {error.record}"
        assert secret not in told
        assert json.dumps(secret)[1:-1] not in told


def test_a_server_that_answers_without_end_is_given_up(answers, request_):
    def endless():
        while True:
            yield b" " * 1_000_000

    answers(lambda: Response(endless(), content_type="application/json"))
    message, _ = error_of(request_)
    assert "larger than 8,000,000 bytes" in message


def test_a_packed_answer_is_not_unpacked(answers, request_):
    bomb = gzip.compress(b" " * 50_000_000)
    headers = {"Content-Encoding": "gzip"}
    answers(lambda: Response(bomb, headers=headers, content_type="application/json"))
    message, _ = error_of(request_)
    assert "packed" in message


def test_what_libraries_log_holds_no_key(answers, request_, caplog, key):
    """Even where they log the headers that a server sends back."""
    caplog.set_level(logging.DEBUG)
    answers(failure(401, json.dumps({"error": {"message": key}}), **{"X-Echo": f"Bearer {key}"}))
    error_of(request_)
    assert "X-Echo" in caplog.text  # they did log them
    assert key not in caplog.text
    log = logging.getLogger("openai._base_client")
    try:
        raise ValueError(f"with {key}")
    except ValueError:
        log.exception("failed with %s", key)
    assert "ValueError: with [key]" in caplog.text
    assert key not in caplog.text


def test_a_key_does_not_follow_a_redirect_elsewhere(answers, request_, httpserver, key):
    seen = []
    place = f"http://127.0.0.1:{httpserver.port}/elsewhere"
    answers(lambda: Response("", 307, {"Location": place}))

    def elsewhere(request):
        seen.append(dict(request.headers))
        return Response("{}", content_type="application/json")

    httpserver.expect_request("/elsewhere").respond_with_handler(elsewhere)
    assert "localhost" in ChatCoder("m").endpoint.host
    error_of(request_)
    assert len(seen) == 1
    assert key not in str(seen)


def test_no_connection_is_left_open_between_answers(request_, environment, monkeypatch):
    """A server that keeps connections open found two of ours when we were done."""

    class Keeping(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            body = completion("Hello").get_data()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

        def finish(self):
            closed.set()

    closed = threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Keeping) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        coder = ChatCoder("m")
        assert coder.write(request_).text == "Hello"
        assert closed.wait(30)
        server.shutdown()
