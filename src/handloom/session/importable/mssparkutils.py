"""`import mssparkutils`, the older name of notebookutils: the same module."""

import sys

from handloom.session.importable import notebookutils

sys.modules[__name__] = notebookutils
