"""A webhook's messages on its page: delivered, given up with the reason, and sent again."""

from __future__ import annotations

import uuid
from pathlib import Path

from playwright.sync_api import expect

from e2e.conftest import Sit
from e2e.words import KOREAN
from receiving import Receiver
from running import Handloom


def test_a_message_that_is_refused_is_given_up_and_sent_again(sit: Sit, tmp_path: Path) -> None:
    server = Handloom(tmp_path / "data", "--webhook-networks", "127.0.0.0/8")
    with Receiver() as receiver, server, server.client() as http:
        workspace = http.post("/api/v1/workspaces", json={"name": f"hooks {uuid.uuid4().hex[:8]}"}).json()["id"]
        made = {"name": "chat", "url": f"{receiver.url}/hook", "events": ["registered_model.created"]}
        http.post(f"/api/v1/workspaces/{workspace}/webhooks", json=made).raise_for_status()
        receiver.answers.put((404, {}))
        model = {"name": "churn"}
        http.post(f"/mlflow/{workspace}/api/2.0/mlflow/registered-models/create", json=model).raise_for_status()
        receiver.next()
        person = sit(KOREAN, at=server, dark=True)
        page = person.page
        person.go(f"/workspaces/{workspace}/webhooks")
        page.get_by_role("table", name="웹후크").get_by_role("button", name="chat").click()
        messages = page.get_by_role("region", name="최근 메시지")
        expect(messages.get_by_role("listitem")).to_contain_text("포기")
        expect(messages.get_by_role("listitem")).to_contain_text("status 404")
        person.shot("given-up")
        messages.get_by_role("button", name="다시 보내기").click()
        assert b"churn" in receiver.next().body
        expect(messages.get_by_role("listitem")).to_contain_text("전달됨")
        person.shot("delivered")
