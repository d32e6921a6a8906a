"""Areas of MLflow's API that this server does not implement. Their paths get a 501 with a sentence, not a 404."""

import re

SENTENCES: dict[tuple[str, ...], str] = {
    ("get-online-trace-details", "unified-traces"): (
        "This server keeps all traces itself and has no others to look up."
    ),
    ("scorers/online-config",): "This server does not score traces as they arrive.",
    ("genai/*", "demo/*"): "This server runs no evaluations; mlflow.genai.evaluate runs them where you call it.",
    ("gateway/*", "gateway-proxy"): "This server has no AI gateway.",
    ("secrets/*",): "This server keeps no secrets for an AI gateway.",
    ("runs/create-promptlab-run",): "This server has no prompt lab.",
    ("prompt-optimization/*",): "This server optimizes no prompts; mlflow.genai.optimize_prompts does.",
    ("label-schemas/*", "review-queues/*"): "This server has no labelling sessions and no review queues.",
    ("issues/*",): "This server does not track issues.",
    ("jobs/*",): "This server runs no jobs of MLflow's.",
    ("mcp-server/*", "mcp-servers/*"): "This server has no registry of MCP servers.",
    ("skill/*", "skills/*"): "This server has no registry of skills.",
    ("assistant/*",): "This server has no assistant.",
    ("users/*", "roles/*", "permissions/*", "*/permissions/*"): (
        "This server does not have MLflow's basic-auth app; members of a workspace are managed in its pages."
    ),
}
"""By the paths below `mlflow/`: `x/*` is x itself and all below it."""

_ROOT = re.compile(r"/(?:ajax-)?api/[23]\.0/mlflow/(.+)").fullmatch


def _pattern(path: str) -> str:
    stem = path.removesuffix("/*")
    below = "" if stem == path else "(/.*)?"
    return re.escape(stem).replace(r"\*", "[^/]+") + below


_PATTERNS = [
    (re.compile("|".join(_pattern(path) for path in paths)).fullmatch, sentence)
    for paths, sentence in SENTENCES.items()
]


def sentence_of(path: str) -> str | None:
    """What to say of a path of MLflow's that is not built here; None where it is no such path."""
    below = _ROOT(path)
    if below is None:
        return None
    return next((sentence for matches, sentence in _PATTERNS if matches(below[1])), None)
