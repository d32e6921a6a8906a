"""Datasets that runs use as inputs, and limits on their texts."""

import msgspec

from handloom.domain.errors import Invalid

CONTEXT_TAG = "mlflow.data.context"
MAX_TAG_KEY = 255
MAX_TAG_VALUE = 500

_LIMITS = (
    ("name", 500),
    ("digest", 36),
    ("source", 65_535),
    ("schema", 1_048_575),
    ("profile", 16_777_215),
)


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset. `source`, `schema` and `profile` are JSON texts from the client; None if it sent none."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None


class DatasetInput(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset as an input of a run. Tags give its purpose (`mlflow.data.context`: train, eval)."""

    dataset: Dataset
    tags: dict[str, str]


def check(given: DatasetInput) -> None:
    for name, limit in _LIMITS:
        value: str | None = getattr(given.dataset, name)
        if value is not None and len(value) > limit:
            raise Invalid(f"'{name}' exceeds the maximum length of {limit} characters", field=name)
    for key, value in given.tags.items():
        if len(key) > MAX_TAG_KEY:
            raise Invalid(f"'key' exceeds the maximum length of {MAX_TAG_KEY} characters")
        if len(value) > MAX_TAG_VALUE:
            raise Invalid(f"'value' exceeds the maximum length of {MAX_TAG_VALUE} characters")
