"""The stream of events."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from reverie.studio.studio import Studio


def routes(studio: Studio) -> list[Route]:
    """The routes of this view."""
    return [Route("/api/events", partial(_events, studio))]


async def _events(studio: Studio, _: Request) -> Response:
    return StreamingResponse(studio.events.listen(), media_type="text/event-stream")
