import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

import pytest


@pytest.fixture(autouse=True)
def _no_chat_model(monkeypatch):
    """No test may reach a real server, or behave differently where a key is set."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "REWARDLAB_DEBUG"):
        monkeypatch.delenv(name, raising=False)
