"""What all routes of a studio share."""

from dataclasses import dataclass

from reverie.studio.asking import Asking
from reverie.studio.clips import ClipIndex
from reverie.studio.corpora import Corpora
from reverie.studio.events import Events
from reverie.studio.home import Home
from reverie.studio.jobs.jobs import Jobs
from reverie.studio.kept import Kept
from reverie.studio.library import Library
from reverie.studio.media.media import Media
from reverie.studio.playing.sessions import Sessions
from reverie.studio.runs import Runs
from reverie.web.hosts import Hosts


@dataclass(frozen=True)
class Studio:
    """One studio while it is served."""

    home: Home
    """Its folder: names to paths."""
    library: Library
    """What lies in it."""
    corpora: Corpora
    """Its corpora, one by one."""
    runs: Runs
    """Its runs, one by one."""
    clips: ClipIndex
    """The clips of its folders."""
    media: Media
    """Waveforms, pictures and verdicts."""
    marks: Kept
    """Stars, notes and bins, by the name of the clip."""
    presets: Kept
    """Settings of generation, by the name that a person gave them."""
    ticks: Kept
    """Choices among recordings that are not prepared yet, by the name of their folder."""
    jobs: Jobs
    """Command lines in processes of their own."""
    playing: Sessions
    """Endless music."""
    asking: Asking
    """Short commands that the server waits for."""
    events: Events
    """Tells the open pages what changed."""
    hosts: Hosts
    """The names of the server, which bodies of requests are checked against."""
    token_required: bool
    """Whether it is open to other machines, with a token."""

    async def end_streams(self) -> None:
        """End what has no end of its own: the streams of events, and endless music."""
        self.events.end()
        await self.playing.close()
