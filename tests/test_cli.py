"""The command line, as a process of its own."""

from running import Handloom


def test_a_server_says_where_it_is_and_ends_cleanly_on_sigterm(own_server: Handloom) -> None:
    assert f"at {own_server.url}" in own_server.log
    assert own_server.stop() == 0
    assert not (own_server.data / "server.json").exists()
    assert "Traceback" not in own_server.log
