"""A page that is open in a browser."""

from pathlib import Path
from typing import Any

DRAWN = """() => {
    const places = [...document.querySelectorAll("[data-figure]")];
    return places.length > 0 && places.every((place) => place.querySelector("svg"));
}"""


class Opened:
    """A page that is open, with all that it asked for and complained of."""

    def __init__(self, tab: Any, path: Path) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        tab.on("request", lambda request: self.requests.append(request.url))
        tab.on("console", lambda message: self.complaints.append(message.text))
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.goto(path.as_uri())
        tab.wait_for_selector('[data-figure="front"] svg')
        self.tab = tab

    def draw_all(self) -> None:
        """Wait until every figure is drawn."""
        self.tab.wait_for_function(DRAWN)
