"""Write what is kept of endless music as a clip, in a process of its own: pictures take a while.

    python -P -m reverie.playing.keeper FOLDER

Its input is a line of JSON, the provenance and the number of channels, and after it the samples of
one channel after the other, float32. It says where the clip is.
"""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.audio.provenance import Provenance
from reverie.errors import ReverieError
from reverie.generation.folder import add_clip
from reverie.records import as_record

COMMAND = (sys.executable, "-P", "-m", "reverie.playing.keeper")
_NICE = ("nice", "-n", "5")


def keep(samples: NDArray[np.float32], provenance: Provenance, folder: Path) -> Path:
    """Let another process write a clip into a folder, under the next number.

    Args:
        samples: [C, S].
        provenance: how it was made.
        folder: made if it is missing.

    Returns:
        where it is.

    Raises:
        ReverieError: it cannot be written.
    """
    about = {"provenance": dataclasses.asdict(provenance), "channels": len(samples)}
    told = json.dumps(about).encode("ascii") + b"\n"
    content = told + samples.astype("<f4").tobytes()
    done = subprocess.run(
        [*_NICE, *COMMAND, str(folder)], input=content, capture_output=True, check=False
    )
    try:
        said: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise ReverieError(
            f"what was heard could not be written to {folder}.", "Try it again."
        ) from None
    if "problem" in said:
        raise ReverieError(said["problem"], said["remedy"])
    return Path(said["path"])


def main() -> None:
    """Write one clip."""
    told = json.loads(sys.stdin.buffer.readline())
    samples = np.frombuffer(sys.stdin.buffer.read(), "<f4").reshape(told["channels"], -1)
    try:
        provenance = as_record(told["provenance"], Provenance, "what is kept")
        answer = {"path": str(add_clip(Path(sys.argv[1]), samples, provenance))}
    except ReverieError as error:
        answer = {"problem": error.problem, "remedy": error.remedy}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
