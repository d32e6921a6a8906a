"""A Jupyter child for the tests of a module, and notebooks in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handloom.kernels.sessions import SessionRegistry
from kernels.pages import Loop, box_here
from kernels.stories import Notebook, Story


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Loop, SessionRegistry, Path]]:
    folder = tmp_path_factory.mktemp("channels")
    loop = Loop()

    async def start() -> SessionRegistry:
        return SessionRegistry(data=folder, url="http://127.0.0.1:1", warm=0, box=box_here(folder))

    sessions = loop.run(start())
    yield loop, sessions, folder
    loop.run(sessions.close())
    loop.close()


@pytest.fixture
def play(world: tuple[Loop, SessionRegistry, Path], request: pytest.FixtureRequest) -> Callable[[Story], None]:
    """Tell a story with a notebook of its own."""
    loop, sessions, folder = world

    def play(story: Story) -> None:
        async def whole() -> None:
            notebook = Notebook(sessions, folder, request.node.name[:60])
            await notebook.open()
            try:
                await story(notebook)
            finally:
                if any(one.id == notebook.session.id for one in sessions.list()):
                    await sessions.stop(notebook.session.id)

        loop.run(whole())

    return play
