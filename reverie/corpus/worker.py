"""The process that analyses recordings one by one for `reverie prepare`.

It reads each job as a line of JSON on stdin and answers with a line on stdout. A file that crashes
it affects no other process.
"""

import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from reverie.corpus.analysis import StorageFailed, Unusable, analyse
from reverie.corpus.foreign import known_sha256

MOST_DATA_BYTES = 1 << 30
"""Memory limit for one recording, whatever its header says: ten times what any music needs."""


def serve() -> None:
    """Answer jobs until the parent process ends."""
    limit_memory()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
    # Discard what libraries print: stdout carries answers only.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    jobs: SimpleQueue[dict[str, Any]] = SimpleQueue()
    written: list[Path] = []
    Thread(target=_listen, args=(jobs, written), daemon=True).start()
    while True:
        job = jobs.get()
        written[:] = [Path(job["pcm"])]
        answers.write(json.dumps(_answer(job)) + "\n")
        answers.flush()


def limit_memory() -> None:
    """Limit the memory of this process, on systems that can, so that a larger allocation fails."""
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


def _listen(jobs: SimpleQueue[dict[str, Any]], written: Sequence[Path]) -> None:
    for line in sys.stdin:
        jobs.put(json.loads(line))
    # The parent is gone, and nobody needs an unfinished recording.
    for path in written:
        with suppress(OSError):
            path.unlink(missing_ok=True)
            path.parent.rmdir()
    os._exit(0)


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    return _analysed(job) | {"source_hash": known_sha256(Path(job["path"]))}


def _analysed(job: dict[str, Any]) -> dict[str, Any]:
    try:
        analysed = analyse(
            Path(job["path"]),
            Path(job["pcm"]),
            job["rate_hz"],
            channels=job["channels"],
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
        # One unusual file must not stop the work on all others.
        return {"unusable": f"cannot be decoded ({type(error).__name__}: {error})", "lasting": True}
    return {"analysed": dataclasses.asdict(analysed)}
