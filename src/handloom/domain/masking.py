"""Mask credentials in text: passwords in URLs, tokens, signatures of presigned URLs."""

import re

MASK = "***"

_RULES = [
    # scheme://user:password@host. A password may contain @ or /, so it extends to the last @ of the word.
    (re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*:/{1,3}[^\s:/?#@'\"<>]*):(?!\d{1,5}(?:/|$))[^\s'\"<>]*@"), rf"\1:{MASK}@"),
    (
        re.compile(
            r"(?i)((?:^|[?&;\s])(?:password|passwd|pwd|secret|token|api_?key|sig|x-amz-signature|"
            r"x-amz-security-token|x-goog-signature|sslpassword)=)[^\s&;'\"<>]+"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}"), rf"\1 {MASK}"),
    (re.compile(r"\bhl_[A-Za-z0-9_-]{8,}"), f"hl_{MASK}"),
]


def mask_credentials(text: str) -> str:
    """Replace the secrets in a text by MASK; user names and hosts stay readable."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
