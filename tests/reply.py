"""What a server sent, for the tests of every web app."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass
class Reply:
    """What a server sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)
