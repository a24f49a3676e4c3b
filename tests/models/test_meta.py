"""A model's shapes are there at once, and its memory too."""

import subprocess
import sys

SCRIPT = """
import sys
from reverie.frames.settings import FrameSettings
from reverie.frames.transforms import frame_spec
from reverie.models.architectures import meta_model
from reverie.models.settings import ModelSettings

spec = frame_spec(FrameSettings(transform="codes"), 16000)
model = meta_model(ModelSettings(architecture="baseline", hidden=8, beat=True), spec)
assert all(parameter.is_meta for parameter in model.parameters())
from reverie.frames.allocation import allocate

allocate(model)
assert not any(parameter.is_meta for parameter in model.parameters())
print(sorted(name for name in ("torch._dynamo", "sympy") if name in sys.modules))
"""


def test_torch_loads_no_compiler_for_it() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
