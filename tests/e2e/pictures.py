"""Makes the docs' pictures from the last walk's screens: `PYTHONPATH=tests python -m e2e.pictures`."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from e2e.browser import SCREENS
from running import ROOT

WIDTH, COLORS = 1200, 256
FRAME_LEFT, FRAME_TOP = 70, 45
SHOWN = {
    "home": "tutorial-en/*-home.png",
    "workspace": "lab-en/*-workspace-in-the-end.png",
    "notebook": "lab-en/*-display.png",
    "experiment": "lab-en/*-comparison-by-estimator.png",
    "run": "lab-en/*-run-details.png",
    "model": "lab-en/*-model-version.png",
    "frame": "test_charts_are_made_kept_and_shown_without_a_session/*-bar.png",
    "git": "test_a_notebook_is_committed_compared_and_pushed/*-comparison.png",
    "compared-images": "test_files_of_runs_stand_side_by_side/*-images.png",
    "lineage": "test_versions_are_compared_and_an_alias_says_who_set_it_and_why/*-lineage.png",
    "schedule": "test_a_notebook_is_scheduled_run_now_and_its_executed_copy_is_read/*-dialog.png",
    "files": "test_files_are_uploaded_dropped_moved_and_found_again/*-opened.png",
    "versions": "test_a_notebook_goes_back_to_a_version_and_forth_again/*-compared.png",
}


def main() -> None:
    folder = ROOT / "docs" / "pictures"
    folder.mkdir(exist_ok=True)
    for name, pattern in SHOWN.items():
        source = max(SCREENS.glob(pattern), key=lambda path: path.stat().st_mtime, default=None)
        if source is None:
            continue  # that story was not told with pictures
        picture(source, cropped=pattern.startswith("test_")).save(folder / f"{name}.png", optimize=True)


def picture(source: Path, *, cropped: bool) -> Image.Image:
    """Smaller and with few colours: a page of text needs no more. `cropped`: without the frame around the page, where
    stories have workspaces with made-up names."""
    with Image.open(source) as opened:
        whole = opened.crop((FRAME_LEFT, FRAME_TOP, opened.width, opened.height)) if cropped else opened
        size = (WIDTH, round(whole.height * WIDTH / whole.width))
        return (
            whole.convert("RGB")
            .resize(size, Image.Resampling.LANCZOS)
            .quantize(COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        )


if __name__ == "__main__":
    main()
