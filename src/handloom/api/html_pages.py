"""HTML pages that the server renders itself: sign-in by link, an expired sign-in link, and a UI that is not built."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse

_STYLE = """
:root{color-scheme:light dark;font:16px/1.6 "Segoe UI",system-ui,"Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR",
sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f5f5f5;color:#242424}
main{max-width:34rem;margin:2rem;padding:2rem 2.5rem;background:#fff;border:1px solid #e0e0e0;border-radius:6px}
h1{font-size:1.25rem;margin:0 0 .5rem}p{margin:.5rem 0}
code{display:block;padding:.6rem .8rem;margin:.75rem 0;background:#f0f0f0;border-radius:4px;overflow-wrap:anywhere;
font:14px/1.5 ui-monospace,Consolas,monospace;user-select:all}
@media (prefers-color-scheme:dark){body{background:#141414;color:#f0f0f0}main{background:#1f1f1f;border-color:#3d3d3d}
code{background:#2e2e2e}}
"""
_FORM_STYLE = """
form{margin:1.5rem 0 .75rem}.hint{font-size:.875rem;color:#616161}
button{font:inherit;font-weight:600;padding:.5rem 1.5rem;border:0;border-radius:4px;background:#0f6cbd;color:#fff;
cursor:pointer}
button:hover{background:#115ea3}button:focus-visible{outline:2px solid #000;outline-offset:2px}
@media (prefers-color-scheme:dark){.hint{color:#adadad}button{background:#115ea3}button:hover{background:#0f6cbd}
button:focus-visible{outline-color:#fff}}
"""
_FORM_TEXTS = {
    "en": (
        "Sign in to Handloom",
        "This link signs this browser in as {user}.",
        "Sign in",
        "The link works once. Nothing happens until you press the button.",
    ),
    "ko": (
        "Handloom에 로그인",
        "이 링크를 사용하면 이 브라우저가 {user} 계정으로 로그인됩니다.",
        "로그인",
        "링크는 한 번만 사용할 수 있습니다. 버튼을 누르기 전에는 사용되지 않습니다.",
    ),
}
_TEXTS = {
    "sign-in": {
        "en": (
            "This sign-in link does not work any more",
            "Each link signs one browser in, once, within {minutes} minutes. "
            "Get a new one on the machine that runs Handloom:",
            "handloom token sign-in",
            "If the server was started with --data, give the same folder here.",
        ),
        "ko": (
            "더 이상 사용할 수 없는 로그인 링크입니다",
            "링크는 {minutes}분 안에 브라우저 하나에서 한 번만 사용할 수 있습니다. "
            "Handloom을 실행하는 컴퓨터에서 새 링크를 만드세요.",
            "handloom token sign-in",
            "서버를 --data와 함께 시작했다면 같은 폴더를 지정하세요.",
        ),
    },
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


def page(request: Request, which: str, status: int, *, minutes: int = 0) -> HTMLResponse:
    language = preferred(request.headers.get("accept-language", ""))
    title, why, command, note = _TEXTS[which][language]
    content = f"<p>{escape(why.format(minutes=minutes))}</p><code>{escape(command)}</code><p>{escape(note)}</p>"
    return _html(language, title, content, status)


def sign_in_form(request: Request, token: str, user: str) -> HTMLResponse:
    """Render the page that a sign-in link opens: one button that posts the token. It works without JavaScript.

    It sets its own Referrer-Policy: under the usual `no-referrer`, browsers send a form's Origin as "null", which the
    origin guard refuses.
    """
    language = preferred(request.headers.get("accept-language", ""))
    title, whom, button, note = _FORM_TEXTS[language]
    content = (
        f"<p>{escape(whom.format(user=user))}</p>"
        f'<form method="post" action="/sign-in"><input type="hidden" name="token" value="{escape(token)}">'
        f'<button type="submit" autofocus>{escape(button)}</button></form><p class="hint">{escape(note)}</p>'
    )
    answer = _html(language, title, content, 200, _FORM_STYLE)
    answer.headers["referrer-policy"] = "strict-origin"
    return answer


def _html(language: str, title: str, content: str, status: int, style: str = "") -> HTMLResponse:
    heading = title if "Handloom" in title else f"{title} · Handloom"
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(heading)}</title>'
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
