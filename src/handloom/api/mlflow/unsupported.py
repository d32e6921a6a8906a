"""Areas of MLflow's API that this server does not implement. Their paths get a 501 that names the area, not a 404."""

import re

_AREAS: dict[str, str] = {
    r"traces/(metrics|calculate-filter-correlation)": "analytics of traces",
    r"(get-online-trace-details|unified-traces|get-trace-artifact)": "traces kept outside of the server",
    r"datasets(/.*)?": "evaluation datasets",
    r"(scorers?|genai|demo)(/.*)?": "scorers and evaluation on the server",
    r"(gateway(/.*)?|gateway-proxy)": "the AI gateway",
    r"runs/create-promptlab-run": "the prompt lab",
    r"prompt-optimization(/.*)?": "prompt optimization",
    r"(label-schemas|review-queues)(/.*)?": "labelling and review queues",
    r"issues(/.*)?": "issues",
    r"jobs(/.*)?": "jobs on the server",
    r"mcp-servers?(/.*)?": "the registry of MCP servers",
    r"assistant(/.*)?": "the assistant",
    r"(users|roles|permissions|(experiments|registered-models|scorers)/permissions)(/.*)?": (
        "users and permissions of the basic-auth app; members of a workspace are managed in its pages"
    ),
}
_ROOT = re.compile(r"/(?:ajax-)?api/[23]\.0/mlflow/(.+)").fullmatch
_PATTERNS = [(re.compile(pattern).fullmatch, area) for pattern, area in _AREAS.items()]


def area_of(path: str) -> str | None:
    """Return the unimplemented area that a path belongs to, or None."""
    below = _ROOT(path)
    if below is None:
        return None
    return next((area for matches, area in _PATTERNS if matches(below[1])), None)
