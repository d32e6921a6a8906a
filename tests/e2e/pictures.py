"""Makes the docs' pictures from the last walk's screens: `PYTHONPATH=tests python -m e2e.pictures`."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from e2e.browser import SCREENS
from running import ROOT

WIDTH, COLORS = 1200, 256
SHOWN = {
    "home": "tutorial-en/*-home.png",
    "workspace": "lab-en/*-workspace-in-the-end.png",
    "notebook": "lab-en/*-display.png",
    "experiment": "lab-en/*-comparison-by-estimator.png",
    "run": "lab-en/*-run-details.png",
    "model": "lab-en/*-model-version.png",
}


def main() -> None:
    folder = ROOT / "docs" / "pictures"
    folder.mkdir(exist_ok=True)
    for name, pattern in SHOWN.items():
        source = max(SCREENS.glob(pattern), key=lambda path: path.stat().st_mtime)
        picture(source).save(folder / f"{name}.png", optimize=True)


def picture(source: Path) -> Image.Image:
    """Smaller and with few colours: a page of text needs no more."""
    with Image.open(source) as whole:
        size = (WIDTH, round(whole.height * WIDTH / whole.width))
        return (
            whole.convert("RGB")
            .resize(size, Image.Resampling.LANCZOS)
            .quantize(COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        )


if __name__ == "__main__":
    main()
