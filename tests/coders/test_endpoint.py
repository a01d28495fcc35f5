import pytest

from rewardlab.coders.endpoint import DEFAULT_URL, Endpoint, configured
from rewardlab.errors import ConfigError

KEY = "sk-canary-0123456789abcdef"


def test_a_key_alone_means_the_default_server():
    endpoint = Endpoint.from_environment({"OPENAI_API_KEY": KEY})
    assert (endpoint.base_url, endpoint.host) == (DEFAULT_URL, "api.openai.com")
    assert KEY not in repr(endpoint)


def test_nothing_configured_says_what_to_set():
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        Endpoint.from_environment({})


@pytest.mark.parametrize("host", ["example.com", "10.0.0.7:8000", "localhost.evil.com", "127.evil"])
def test_a_key_is_not_sent_unencrypted_beyond_this_machine(host):
    with pytest.raises(ConfigError, match="unencrypted") as raised:
        Endpoint(f"http://{host}/v1", KEY)
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://localhost:8000/v1", KEY),
        ("http://127.0.0.1:8000/v1", KEY),
        ("http://[::1]:8000/v1", KEY),
        ("https://example.com/v1", KEY),
        ("http://example.com/v1", ""),
    ],
)
def test_these_addresses_are_fine(url, key):
    assert Endpoint(url, key).base_url == url


@pytest.mark.parametrize("url", ["example.com/v1", "ftp://example.com", "http://", "file:///etc"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ConfigError, match="OPENAI_BASE_URL"):
        Endpoint(url, "")


def test_a_password_in_the_address_is_not_shown():
    assert Endpoint("https://me:secret@example.com/v1", "").host == "example.com"


def test_a_password_in_the_address_is_a_secret_too():
    endpoint = Endpoint("https://me:pass%2Fword-1@example.com/v1", "")
    for written in ("pass%2Fword-1", "pass/word-1", "bWU6cGFzcy93b3JkLTE="):
        assert endpoint.hide(f"a {written} b") == "a [key] b"
    assert "word-1" not in repr(endpoint)
    with pytest.raises(ConfigError, match="unencrypted"):
        Endpoint("http://me:password-1@example.com/v1")
    assert endpoint.redact("via http://a:b@proxy:3128 now") == "via http://[key]@proxy:3128 now"


def test_redaction_takes_the_key_and_what_looks_like_one():
    endpoint = Endpoint(key="custom-key-1")
    assert endpoint.redact("custom-key-1 and sk-abcdefgh and task-oriented") == (
        "[key] and [key] and task-oriented"
    )


def test_a_placeholder_for_a_key_does_not_garble_text():
    assert Endpoint(key="x").redact("x = max(x, 1)") == "x = max(x, 1)"


def test_code_is_not_taken_for_a_key():
    assert Endpoint(key="custom-key-1").hide("sk-distance - custom-key-1") == "sk-distance - [key]"


def test_configured_by_key_or_address():
    assert configured({"OPENAI_API_KEY": "x"})
    assert configured({"OPENAI_BASE_URL": "http://localhost/v1"})
    assert not configured({"OPENAI_API_KEY": " "})
