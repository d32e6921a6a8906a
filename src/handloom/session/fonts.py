"""Lets Matplotlib draw Korean, Chinese and Japanese without settings: installed fonts stand in for missing glyphs."""

from __future__ import annotations

from types import ModuleType
from typing import Any

_ALL = ("Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans CJK SC", "Source Han Sans", "Arial Unicode MS")
"""Fonts that have the glyphs of all three."""
_BY_LANGUAGE = (
    (
        "Noto Sans KR",
        "NanumGothic",
        "NanumBarunGothic",
        "Malgun Gothic",
        "Apple SD Gothic Neo",
        "AppleGothic",
        "UnDotum",
    ),
    ("Noto Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC", "SimHei"),
    ("Noto Sans JP", "IPAexGothic", "IPAGothic", "TakaoGothic", "Yu Gothic", "Hiragino Sans"),
)


def add_fallbacks(module: ModuleType) -> None:
    """Append the fonts wherever Matplotlib chooses one. A setting would be lost with `seaborn.set_theme` and styles."""
    manager: Any = module.fontManager
    names = {font.name for font in manager.ttflist}
    wanted = [name for name in _ALL if name in names][:1] or [
        name for group in _BY_LANGUAGE for name in [one for one in group if one in names][:1]
    ]
    find: Any = getattr(manager, "_find_fonts_by_props", None)
    if not wanted or find is None:
        return
    paths = [manager.findfont(module.FontProperties(family=name), fallback_to_default=False) for name in wanted]

    def find_with_fallbacks(prop: Any, fontext: str = "ttf", *args: Any, **options: Any) -> list[Any]:
        found: list[Any] = find(prop, fontext, *args, **options)
        return found + [path for path in paths if path not in found] if fontext == "ttf" else found

    manager._find_fonts_by_props = find_with_fallbacks
