"""HTML pages that the server renders itself, in one style: a UI that is not built, and the pages to sign in."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse

_STYLE = """
:root{color-scheme:light dark;font:16px/1.6 "Segoe UI",system-ui,"Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR",
sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f5f5f5;color:#242424}
main{max-width:34rem;margin:2rem;padding:2rem 2.5rem;background:#fff;border:1px solid #e0e0e0;border-radius:6px}
h1{font-size:1.25rem;margin:0 0 .5rem}p{margin:.5rem 0}:lang(ko){word-break:keep-all}
code{display:block;padding:.6rem .8rem;margin:.75rem 0;background:#f0f0f0;border-radius:4px;overflow-wrap:anywhere;
font:14px/1.5 ui-monospace,Consolas,monospace;user-select:all}
@media (prefers-color-scheme:dark){body{background:#141414;color:#f0f0f0}main{background:#1f1f1f;border-color:#3d3d3d}
code{background:#2e2e2e}}
"""
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke-"
    "linecap='round'%3E%3Cpath stroke='%23888' stroke-width='1.5' d='M6 3v18M12 3v18M18 3v18'/%3E%3Cpath "
    "stroke='%231b817a' stroke-width='2.4' d='M3 7.5h5.2m7.6 0H21M9.8 12h4.4M3 12h1.2m15.6 0H21M3 16.5h5."
    "2m7.6 0H21'/%3E%3C/svg%3E"
)
"""The icon of the UI's pages. Without one in the page, browsers ask for /favicon.ico."""

_TEXTS = {
    "no-ui": {
        "en": (
            "The pages of Handloom are not built",
            "The server and its API work, but this installation holds no built pages. Build them, then reload:",
            "make install",
            "An installed wheel always holds them.",
        ),
        "ko": (
            "Handloom 화면이 아직 빌드되지 않았습니다",
            "서버와 API는 작동하지만 이 설치에는 빌드된 화면이 없습니다. 빌드한 다음 새로 고치세요.",
            "make install",
            "wheel로 설치하면 화면이 항상 들어 있습니다.",
        ),
    },
}


def page(request: Request, which: str, status: int) -> HTMLResponse:
    language = preferred(request.headers.get("accept-language", ""))
    title, why, command, note = _TEXTS[which][language]
    content = f"<p>{escape(why)}</p><code>{escape(command)}</code><p>{escape(note)}</p>"
    return document(language, title, content, status)


def document(language: str, title: str, content: str, status: int, style: str = "", *, head: str = "") -> HTMLResponse:
    """Render a page in the server's own style. `content` and `head` are HTML, `title` is text."""
    heading = title if "Handloom" in title else f"{title} · Handloom"
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(heading)}</title>'
        f'<link rel="icon" href="{_ICON}">{head}'
        f"<style>{_STYLE}{style}</style></head><body><main><h1>{escape(title)}</h1>{content}</main></body></html>"
    )
    return HTMLResponse(html, status_code=status, headers={"cache-control": "no-store"})


def preferred(accepted: str) -> str:
    """Return `en` or `ko`, whichever an Accept-Language header prefers."""
    best, weight = "en", 0.0
    for part in accepted.lower().split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            liked = float(quality) if quality else 1.0
        except ValueError:
            continue
        if tag[:2] in ("en", "ko") and liked > weight:
            best, weight = tag[:2], liked
    return best
