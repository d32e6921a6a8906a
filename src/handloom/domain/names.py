"""Rules for names and descriptions that users enter, shared by workspaces, notebooks, experiments and models."""

import unicodedata

from handloom.domain.errors import Invalid

MAX_NAME = 256
MAX_DESCRIPTION = 4_000
MAX_FILE_NAME_BYTES = 240  # file systems allow 255; the rest is for ".ipynb" and a temporary suffix
_NOT_IN_FILE_NAMES = '/\\:*?"<>|'


def clean_name(name: str, *, what: str = "name") -> str:
    """Trim and NFC-normalize a name. Raises Invalid if it is empty, too long or contains control characters."""
    name = unicodedata.normalize("NFC", name).strip()
    if not name:
        raise Invalid(f"The {what} is empty. Type at least one character.", field="name").because("name_empty")
    if len(name) > MAX_NAME:
        text = f"The {what} has {len(name)} characters; at most {MAX_NAME} are allowed."
        raise Invalid(text, field="name").because("name_long", length=len(name), most=MAX_NAME)
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in name):
        text = f"The {what} contains a control character. Remove line breaks and tabs."
        raise Invalid(text, field="name").because("name_control")
    return name


def clean_file_name(name: str, *, what: str = "name") -> str:
    """Clean a name like `clean_name`, for use as a file name: no path characters, no leading dot, <= 240 bytes."""
    name = clean_name(name, what=what)
    bad = sorted({c for c in name if c in _NOT_IN_FILE_NAMES})
    if bad:
        characters = " ".join(bad)
        raise Invalid(f"The {what} cannot contain {characters}", field="name").because(
            "name_characters", characters=characters
        )
    if name.startswith(".") or name.endswith("."):
        raise Invalid(f"The {what} cannot start or end with a dot.", field="name").because("name_dot")
    if len(name.encode()) > MAX_FILE_NAME_BYTES:
        raise Invalid(f"The {what} is too long for a file name; shorten it.", field="name").because("name_file")
    return name


def clean_description(text: str) -> str:
    """Trim a description. Raises Invalid if it is longer than 4,000 characters."""
    text = text.strip()
    if len(text) > MAX_DESCRIPTION:
        raise Invalid(
            f"The description has {len(text)} characters; at most {MAX_DESCRIPTION} are allowed.", field="description"
        ).because("description_long", length=len(text), most=MAX_DESCRIPTION)
    return text
