"""The request bodies that the studio's page may send."""

import dataclasses
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.settings import STRICT
from reverie.studio.home import LONGEST_NAME
from reverie.studio.jobs.command import LONGEST_WORD, MOST_WORDS

Word = Annotated[str, Field(max_length=LONGEST_WORD)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


@dataclass(frozen=True, config=STRICT)
class Asked:
    """A command line to run."""

    command: Annotated[list[Word], Field(min_length=1, max_length=MOST_WORDS)]
    """Its words, without `reverie`."""
    dry: bool = False
    """Only say what it would be."""


@dataclass(frozen=True, config=STRICT)
class Nothing:
    """Sent where the address says all."""


@dataclass(frozen=True, config=STRICT)
class Marked:
    """What a person marks a clip with; what is not given stays."""

    path: Name
    star: bool | None = None
    note: Annotated[str, Field(max_length=2000)] | None = None
    bin: Annotated[str, Field(max_length=60)] | None = None


@dataclass(frozen=True, config=STRICT)
class Preset:
    """Settings of generation under a name."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    settings: Annotated[
        dict[Annotated[str, Field(max_length=60)], bool | int | float | Word | None],
        Field(max_length=60),
    ]


@dataclass(frozen=True, config=STRICT)
class Unwanted:
    """A preset to remove."""

    name: Annotated[str, Field(min_length=1, max_length=60)]


@dataclass(frozen=True, config=STRICT)
class Folder:
    """A folder of this machine, by its whole path."""

    path: Name


@dataclass(frozen=True, config=STRICT)
class Shown:
    """A file or folder to show in the file manager of this machine."""

    path: Name


@dataclass(frozen=True, config=STRICT)
class Ticks:
    """What a person chose of the recordings in a folder, before they are prepared."""

    path: Name
    leave_out: Annotated[list[Word], Field(max_length=MOST_WORDS)]
    hold_out: Annotated[list[Word], Field(max_length=MOST_WORDS)]
    train_on: Annotated[list[Word], Field(max_length=MOST_WORDS)]


@dataclass(frozen=True, config=STRICT)
class Estimated:
    """A training whose time and memory are asked for."""

    corpus: Name
    recipe: Word = "codes"
    """Unheeded where it begins with the weights of another run."""
    init_from: Name | None = None
    settings: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z_.0-9]{1,80}$")], bool | int | float | Word],
        Field(max_length=100),
    ] = dataclasses.field(default_factory=dict[str, bool | int | float | Word])
    """Settings of the recipe that differ, by dotted name."""
    out: Name | None = None
    """The run's folder, where it goes on with one."""


@dataclass(frozen=True, config=STRICT)
class Selected:
    """Clips to make a listening test of."""

    paths: Annotated[list[Name], Field(min_length=2, max_length=300)]
    title: Annotated[str, Field(min_length=1, max_length=100)] = "Listening test"
    mode: Annotated[str, Field(pattern="^(rating|preference)$")] = "rating"
    participants: Annotated[int, Field(ge=1, le=100)] = 3


@dataclass(frozen=True, config=STRICT)
class Saved:
    """Clips to take away."""

    paths: Annotated[list[Name], Field(min_length=1, max_length=5000)]
    format: Annotated[str, Field(pattern="^[a-z0-9]{1,10}$")] = "wav24"
    trim: bool = False
    loop: bool = False
    bars: bool = False
    zip: bool = False
    dry: bool = False
    """Only say what the command would be."""
