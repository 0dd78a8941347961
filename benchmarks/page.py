"""How large a run's page is, and how soon a browser shows it.

Run: python benchmarks/page.py RUN [--points 200] [--repeats 5]
The points of the run are copied, each a little aside, until there are as many as asked for; as many
have their courses as a page shows. Times are medians, of a headless Chromium that reads the file
from the disk: first paint, the front drawn, every figure drawn.
"""

import argparse
import random
import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from dosefront.front import Estimate
from dosefront.records import FrontPoint, RunFolder
from dosefront.report.page import RunContents, load_run, page_html

PAINTS = """() => ({
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    front: performance.getEntriesByName("front")[0]?.startTime,
    drawn: performance.getEntriesByName("drawn")[0]?.startTime,
})"""


def enlarged(run: RunContents, points: int) -> RunContents:
    """The run with so many points, copies of its own with a few per cent more or less."""
    generator = random.Random(1)
    own = run.summary.points
    copies = [aside(own[k % len(own)], k, generator) for k in range(points - len(own))]
    return replace(run, summary=replace(run.summary, points=(*own, *copies)))


def aside(point: FrontPoint, number: int, generator: random.Random) -> FrontPoint:
    factor = 1.0 + generator.uniform(-0.1, 0.1)
    moved = tuple(
        Estimate(each.value * factor, each.low * factor, each.high * factor)
        for each in point.value_vector
    )
    return replace(point, id=f"copy-{number}", value_vector=moved)


def shown(path: Path, repeats: int) -> list[dict[str, float]]:
    """Milliseconds to each stage, once for each time that the page was opened."""
    out = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for _ in range(repeats):
            tab: Any = browser.new_page(viewport={"width": 1200, "height": 900})
            tab.goto(path.as_uri())
            tab.wait_for_function("() => performance.getEntriesByName('drawn').length > 0")
            out.append(tab.evaluate(PAINTS))
            tab.close()
        browser.close()
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    run = enlarged(load_run(RunFolder(arguments.run), lambda *_: None), arguments.points)
    begin = time.perf_counter()
    page = page_html(run).encode()
    print(f"page of {len(run.summary.points)} points, {len(run.arms.shown)} of them in full")
    print(f"size {len(page) / 1e6:.2f} MB, written in {time.perf_counter() - begin:.1f} s")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_bytes(page)
        stages = shown(path, arguments.repeats)
    for stage, name in (("paint", "first paint"), ("front", "front"), ("drawn", "all figures")):
        times = [each[stage] for each in stages]
        print(f"{name}: {statistics.median(times):.0f} ms ({min(times):.0f} to {max(times):.0f})")


if __name__ == "__main__":
    main()
