"""Changes of displays and widgets that come faster than a page can draw: only the newest state is sent."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

SECONDS = 0.1
"""How often changes are sent at most. The first after a pause is sent at once."""


@dataclass
class _State:
    """The merged state of a widget, with the newest message's other parts."""

    parts: list[bytes]
    content: dict[str, Any]

    def message(self) -> list[bytes]:
        return [*self.parts[:3], json.dumps(self.content, separators=(",", ":")).encode("utf-8", "surrogatepass")]


class MergedUpdates:
    """What pages have not been sent yet."""

    def __init__(self) -> None:
        self._displays: dict[str, list[bytes]] = {}
        self._widgets: dict[str, _State] = {}
        self._sent_at = 0.0

    def __bool__(self) -> bool:
        return bool(self._displays or self._widgets)

    def _is_first(self) -> bool:
        now = time.monotonic()
        if self or now - self._sent_at < SECONDS:
            return False
        self._sent_at = now
        return True

    def add_display(self, display: str, parts: list[bytes]) -> bool:
        """Keep the update of a display. Returns False if it is to be sent at once."""
        if self._is_first():
            return False
        self._displays[display] = parts
        return True

    def add_widget(self, parts: list[bytes]) -> bool:
        """Merge a widget's new state. Returns False if the message is to be sent as it is: the first after a pause,
        one with binary parts, and one that tells something else than a state."""
        if len(parts) > 4:
            return False
        content = json.loads(parts[3])
        data = content.get("data")
        if not isinstance(data, dict) or data.get("method") != "update" or not isinstance(data.get("state"), dict):
            return False
        if self._is_first():
            return False
        comm = str(content.get("comm_id"))
        if (known := self._widgets.get(comm)) is not None:
            data["state"] = known.content["data"]["state"] | data["state"]
        self._widgets[comm] = _State(parts, content)
        return True

    def take(self) -> tuple[list[list[bytes]], list[list[bytes]]]:
        """Return the messages to send, and forget them: those of displays, and those of widgets."""
        messages = list(self._displays.values()), [state.message() for state in self._widgets.values()]
        if self:
            self._sent_at = time.monotonic()
        self._displays.clear()
        self._widgets.clear()
        return messages
