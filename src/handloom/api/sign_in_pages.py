"""HTML pages at /sign-in in English and Korean: by a link, by a provider, by name and password, and for failures."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse

from handloom.api.html_pages import document, preferred
from handloom.api.path_prefix import public_path

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
button.second{background:transparent;color:inherit;box-shadow:inset 0 0 0 1px #8a8a8a}
button.second:hover{background:#8882}
.provider{margin:1.25rem 0 .75rem}.provider .button{display:block;text-align:center}
.or{display:flex;align-items:center;gap:.75rem;color:#616161;font-size:.875rem}
.or::before,.or::after{content:"";flex:1;border-top:1px solid #d1d1d1}
a:not(.button){color:#0c635e}
@media (prefers-color-scheme:dark){.hint{color:#adadad}input:focus-visible{outline-color:#79bdb5}
.error{background:#3b1518;color:#f1bbbc}button,.button{background:#1b817a}button:hover,.button:hover{background:#0c726c}
button:focus-visible,.button:focus-visible{outline-color:#add3d0}a:not(.button){color:#79bdb5}
.or{color:#adadad}.or::before,.or::after{border-color:#525252}button.second{background:transparent}}
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
        "others": "Other ways to sign in",
        "provider": "Sign in with {provider}",
        "provider.hint": "No account yet? An admin can add you, or send you a link that signs you in.",
        "or": "or",
        "failed": "You are not signed in",
        "failed.address": "Your email address is not among those that may sign in here. Ask an admin.",
        "failed.disabled": "Your account on this server is disabled. Ask an admin.",
        "failed.provider": "{provider} did not sign you in, or you cancelled it there.",
        "failed.stale": "This sign-in was not started in this browser, or it took too long. Start again.",
        "failed.token": "The answer of {provider} was not valid, or it was used before. Start again.",
        "failed.unknown": "You have no account on this server yet. Ask an admin to add you by your email address.",
        "failed.unverified": "{provider} has not verified your email address, which is required here.",
        "failed.away": "{provider} cannot be reached, or it is not set up correctly. The server's log says more.",
        "signed-in": "Signed in to Handloom",
        "go": "Go on",
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
        "others": "다른 방법으로 로그인",
        "provider": "{provider} 계정으로 로그인",
        "provider.hint": "아직 계정이 없으신가요? 관리자가 계정을 추가하거나 로그인 링크를 보내 드릴 수 있습니다.",
        "or": "또는",
        "failed": "로그인하지 못했습니다",
        "failed.address": "이 이메일 주소로는 여기에 로그인할 수 없습니다. 관리자에게 문의하세요.",
        "failed.disabled": "이 서버에서 사용 중지된 계정입니다. 관리자에게 문의하세요.",
        "failed.provider": "{provider}에서 로그인되지 않았거나 로그인을 취소했습니다.",
        "failed.stale": "이 브라우저에서 시작한 로그인이 아니거나 시간이 너무 오래 걸렸습니다. 다시 시작하세요.",
        "failed.token": "{provider}의 응답이 올바르지 않거나 이미 사용되었습니다. 다시 시작하세요.",
        "failed.unknown": "이 서버에 아직 계정이 없습니다. 이메일 주소로 계정을 추가해 달라고 관리자에게 요청하세요.",
        "failed.unverified": "{provider}에서 이메일 주소가 확인되지 않았습니다. 로그인하려면 확인된 주소가 필요합니다.",
        "failed.away": "{provider}에 연결할 수 없거나 설정이 올바르지 않습니다. 자세한 내용은 서버 로그에 있습니다.",
        "signed-in": "Handloom에 로그인했습니다",
        "go": "계속",
    },
}


def link_form(request: Request, token: str, user: str) -> HTMLResponse:
    """Render the page of a sign-in link: one button that posts the token."""
    language, texts = _language(request)
    content = (
        f"<p>{escape(texts['link.whom'].format(user=user))}</p>"
        f'<form method="post" action="{public_path(request, "/sign-in")}">'
        f'<input type="hidden" name="token" value="{escape(token)}">'
        f'<button type="submit" autofocus>{escape(texts["button"])}</button></form>'
        f'<p class="hint">{escape(texts["link.hint"])}</p>'
    )
    return _form_page(language, texts["title"], content, 200)


def sign_in_form(
    request: Request,
    status: int = 200,
    *,
    passwords: bool,
    provider: str = "",
    name: str = "",
    then: str = "/",
    minutes: int = 0,
) -> HTMLResponse:
    """Render the page with the button of the `provider` and the form for name and password. Status 401 shows that these
    were wrong, 429 to wait `minutes`.
    """
    language, texts = _language(request)
    error = {401: texts["wrong"], 429: texts["wait"].format(minutes=minutes)}.get(status, "")
    content = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    if provider:
        content += _provider_button(request, texts, provider, then)
    if provider and passwords:
        content += f'<p class="or"><span>{escape(texts["or"])}</span></p>'
    if passwords:
        content += _password_fields(request, texts, name, then, second=bool(provider))
    else:
        content += f'<p class="hint">{escape(texts["provider.hint"].format(provider=provider))}</p>'
    return _form_page(language, texts["title"], content, status)


def _provider_button(request: Request, texts: dict[str, str], provider: str, then: str) -> str:
    address = public_path(request, f"/sign-in/oidc?{urlencode({'next': then})}")
    label = texts["provider"].format(provider=provider)
    return f'<p class="provider"><a class="button" href="{escape(address)}">{escape(label)}</a></p>'


def _password_fields(request: Request, texts: dict[str, str], name: str, then: str, *, second: bool) -> str:
    focus = ("", " autofocus") if name else (" autofocus", "")
    return (
        f'<form method="post" action="{public_path(request, "/sign-in")}">'
        f'<input type="hidden" name="next" value="{escape(then)}">'
        f'<label>{escape(texts["name"])}<input name="name" value="{escape(name)}" autocomplete="username" required'
        f'{focus[0]}></label><label>{escape(texts["password"])}<input name="password" type="password" '
        f'autocomplete="current-password" required{focus[1]}></label>'
        f'<button type="submit"{" class=second" if second else ""}>{escape(texts["button"])}</button></form>'
        f'<p class="hint">{escape(texts["password.hint"])}</p>'
    )


def provider_failed(request: Request, reason: str, provider: str) -> HTMLResponse:
    """Render the page for a sign-in with the provider that was refused for a `reason`; "": the provider is away."""
    language, texts = _language(request)
    why, status = texts[f"failed.{reason or 'away'}"].format(provider=provider), 403 if reason else 503
    content = f'<p class="error" role="alert">{escape(why)}</p>{_provider_button(request, texts, provider, "/")}'
    content += f'<p><a href="{public_path(request, "/sign-in")}">{escape(texts["others"])}</a></p>'
    return document(language, texts["failed"], content, status, _STYLE)


def forward(request: Request, target: str) -> HTMLResponse:
    """Render a page that opens the path `target` at once."""
    language, texts = _language(request)
    address = escape(public_path(request, target))
    content = f'<p><a href="{address}">{escape(texts["go"])}</a></p>'
    head = f'<meta http-equiv="refresh" content="0;url={address}">'
    return document(language, texts["signed-in"], content, 200, _STYLE, head=head)


def refused(request: Request, *, minutes: int, link: bool, other: bool) -> HTMLResponse:
    """Render the page for an invalid `link`, or for no link. `other`: there are other ways to sign in."""
    language, texts = _language(request)
    content = (
        f"<p>{escape(texts['gone.text' if link else 'none.text'])}</p>"
        f"<p>{escape(texts['how'].format(minutes=minutes))}</p><code>handloom token sign-in</code>"
        f'<p class="hint">{escape(texts["folder"])}</p>'
    )
    if other:
        content += f'<p><a href="{public_path(request, "/sign-in")}">{escape(texts["others"])}</a></p>'
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
