"""`notebookutils.visualization`: `display` and `displayHTML` by another name."""

from handloom.session.show import display
from handloom.session.show import display_html as displayHTML  # noqa: N812 - Fabric's name

__all__ = ["display", "displayHTML"]
