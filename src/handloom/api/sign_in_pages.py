"""HTML pages at /sign-in in English and Korean: by a link, by name and password, and for an invalid link."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse

from handloom.api.html_pages import document, preferred

_STYLE = """
main{width:min(26rem,calc(100vw - 9rem))}
form{margin:1.25rem 0 .75rem}.hint{font-size:.875rem;color:#616161}
label{display:block;margin:0 0 .9rem;font-size:.875rem}
input:not([type=hidden]){display:block;box-sizing:border-box;width:100%;margin-top:.25rem;padding:.45rem .65rem;
font:inherit;font-size:1rem;color:inherit;background:transparent;border:1px solid #8a8a8a;border-radius:4px}
input:focus-visible{outline:2px solid #0c726c;outline-offset:-1px}
.error{margin:1rem 0 0;padding:.6rem .8rem;border-radius:4px;background:#fdf3f4;color:#8e1a23;font-size:.9375rem}
button,.button{display:inline-block;font:inherit;font-weight:600;padding:.5rem 1.5rem;border:0;border-radius:4px;
background:#0c726c;color:#fff;cursor:pointer;text-decoration:none}
button:hover,.button:hover{background:#0b5551}
button:focus-visible,.button:focus-visible{outline:2px solid currentColor;outline-offset:2px;outline-color:#0b5551}
a{color:#0c635e}
@media (prefers-color-scheme:dark){.hint{color:#adadad}input:focus-visible{outline-color:#79bdb5}
.error{background:#3b1518;color:#f1bbbc}button,.button{background:#1b817a}button:hover,.button:hover{background:#0c726c}
button:focus-visible,.button:focus-visible{outline-color:#add3d0}a{color:#79bdb5}}
"""
_TEXTS = {
    "en": {
        "title": "Sign in to Handloom",
        "button": "Sign in",
        "link.whom": "This link signs this browser in as {user}.",
        "link.hint": "The link works once. Nothing happens until you press the button.",
        "name": "Name",
        "password": "Password",
        "wrong": "The name or the password is not right.",
        "wait": "Too many wrong passwords. Try again in {minutes} min.",
        "password.hint": "No password yet, or forgotten? An admin can send you a link that signs you in.",
        "gone": "This sign-in link does not work any more",
        "gone.text": "Each link signs one browser in, once, and for a limited time.",
        "none.text": "You need a link that signs this browser in, once.",
        "how": "Ask an admin for a new one. On the machine that runs Handloom, this prints one for {minutes} minutes:",
        "folder": "If the server was started with --data, give the same folder here.",
        "instead": "Sign in with a password",
    },
    "ko": {
        "title": "Handloom에 로그인",
        "button": "로그인",
        "link.whom": "이 링크를 사용하면 이 브라우저가 {user} 계정으로 로그인됩니다.",
        "link.hint": "링크는 한 번만 사용할 수 있습니다. 버튼을 누르기 전에는 사용되지 않습니다.",
        "name": "이름",
        "password": "암호",
        "wrong": "이름 또는 암호가 올바르지 않습니다.",
        "wait": "잘못된 암호를 너무 많이 입력했습니다. {minutes}분 후에 다시 시도하세요.",
        "password.hint": "암호가 없거나 잊으셨나요? 관리자가 로그인 링크를 보내 드릴 수 있습니다.",
        "gone": "더 이상 사용할 수 없는 로그인 링크입니다",
        "gone.text": "링크는 정해진 시간 안에 브라우저 하나에서 한 번만 사용할 수 있습니다.",
        "none.text": "이 브라우저에서 한 번 사용할 로그인 링크가 필요합니다.",
        "how": "관리자에게 새 링크를 요청하세요. "
        "Handloom을 실행하는 컴퓨터에서는 다음 명령으로 {minutes}분 동안 사용할 수 있는 링크를 만들 수 있습니다.",
        "folder": "서버를 --data와 함께 시작했다면 같은 폴더를 지정하세요.",
        "instead": "암호로 로그인",
    },
}


def link_form(request: Request, token: str, user: str) -> HTMLResponse:
    """Render the page of a sign-in link: one button that posts the token."""
    language, texts = _language(request)
    content = (
        f"<p>{escape(texts['link.whom'].format(user=user))}</p>"
        f'<form method="post" action="/sign-in"><input type="hidden" name="token" value="{escape(token)}">'
        f'<button type="submit" autofocus>{escape(texts["button"])}</button></form>'
        f'<p class="hint">{escape(texts["link.hint"])}</p>'
    )
    return _form_page(language, texts["title"], content, 200)


def password_form(
    request: Request, status: int = 200, *, name: str = "", then: str = "/", minutes: int = 0
) -> HTMLResponse:
    """Render the form for name and password. Status 401 shows that they were wrong, 429 to wait `minutes`."""
    language, texts = _language(request)
    error = {401: texts["wrong"], 429: texts["wait"].format(minutes=minutes)}.get(status, "")
    shown = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    focus = ("", " autofocus") if name else (" autofocus", "")
    content = (
        f'{shown}<form method="post" action="/sign-in"><input type="hidden" name="next" value="{escape(then)}">'
        f'<label>{escape(texts["name"])}<input name="name" value="{escape(name)}" autocomplete="username" required'
        f'{focus[0]}></label><label>{escape(texts["password"])}<input name="password" type="password" '
        f'autocomplete="current-password" required{focus[1]}></label>'
        f'<button type="submit">{escape(texts["button"])}</button></form>'
        f'<p class="hint">{escape(texts["password.hint"])}</p>'
    )
    return _form_page(language, texts["title"], content, status)


def refused(request: Request, *, minutes: int, link: bool, passwords: bool) -> HTMLResponse:
    """Render the page for an invalid `link`, or for no link."""
    language, texts = _language(request)
    content = (
        f"<p>{escape(texts['gone.text' if link else 'none.text'])}</p>"
        f"<p>{escape(texts['how'].format(minutes=minutes))}</p><code>handloom token sign-in</code>"
        f'<p class="hint">{escape(texts["folder"])}</p>'
    )
    if passwords:
        content += f'<p><a href="/sign-in">{escape(texts["instead"])}</a></p>'
    return document(language, texts["gone" if link else "title"], content, 401 if link else 200, _STYLE)


def _form_page(language: str, title: str, content: str, status: int) -> HTMLResponse:
    """Render a page with a form. It sets its own Referrer-Policy: under the usual `no-referrer`, browsers send a form's
    Origin as "null", which the origin guard refuses.
    """
    answer = document(language, title, content, status, _STYLE)
    answer.headers["referrer-policy"] = "strict-origin"
    return answer


def _language(request: Request) -> tuple[str, dict[str, str]]:
    language = preferred(request.headers.get("accept-language", ""))
    return language, _TEXTS[language]
