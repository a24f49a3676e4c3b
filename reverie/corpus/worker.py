"""The process that analyses recordings one by one for `reverie prepare`.

It is told of each by a line of JSON on stdin and answers with one on stdout. A file that brings
it down brings down nothing else.
"""

import dataclasses
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from reverie.corpus.analysis import StorageFailed, Unusable, analyse
from reverie.corpus.foreign import known_sha256

MOST_DATA_BYTES = 1 << 30
"""Memory that one recording may take, whatever its header says: ten times what any music does."""


def serve() -> None:
    """Answer jobs until the process that asked for them is gone."""
    _limit_memory()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
    # Whatever a library prints goes nowhere: stdout carries answers only.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    jobs: SimpleQueue[dict[str, Any]] = SimpleQueue()
    Thread(target=_listen, args=(jobs,), daemon=True).start()
    while True:
        answers.write(json.dumps(_answer(jobs.get())) + "\n")
        answers.flush()


def _limit_memory() -> None:
    """Have what asks for more memory fail, where the system counts it, instead of taking it."""
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415

    with suppress(OSError, StopIteration):
        held = next(
            1024 * int(line.split()[1])
            for line in Path("/proc/self/status").read_text("ascii").splitlines()
            if line.startswith("VmData")
        )
        limit, most = held + MOST_DATA_BYTES, resource.getrlimit(resource.RLIMIT_DATA)[1]
        if most == resource.RLIM_INFINITY or limit < most:
            resource.setrlimit(resource.RLIMIT_DATA, (limit, most))


def _listen(jobs: SimpleQueue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        jobs.put(json.loads(line))
    # Nobody is left to want the recording that may be half done.
    os._exit(0)


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    return _analysed(job) | {"source_hash": known_sha256(Path(job["path"]))}


def _analysed(job: dict[str, Any]) -> dict[str, Any]:
    try:
        analysed = analyse(
            Path(job["path"]),
            Path(job["pcm"]),
            job["rate_hz"],
            keep_damaged=job["keep_damaged"],
            normalise_dbfs=job["normalise_dbfs"],
        )
    except Unusable as error:
        return {"unusable": str(error), "lasting": error.lasting}
    except StorageFailed as error:
        return {"storage": str(error)}
    except MemoryError:
        most = f"{MOST_DATA_BYTES >> 30} GiB"
        return {"unusable": f"takes more than {most} of memory to decode", "lasting": True}
    except Exception as error:
        # One odd file must not end the work on all the others.
        return {"unusable": f"cannot be decoded ({type(error).__name__}: {error})", "lasting": True}
    return {"analysed": dataclasses.asdict(analysed)}
