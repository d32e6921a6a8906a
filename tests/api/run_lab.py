"""Workspaces for tests of pages, reached as a page and as an MLflow client would."""

from typing import Any
from uuid import uuid4

import httpx


class WorkspaceLab:
    """A workspace of its own."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.id: str = self.call("POST", "/api/v1/workspaces", {"name": f"lab {uuid4().hex}"})["id"]

    def call(self, method: str, path: str, body: Any = None, *, status: int = 200, **options: Any) -> Any:
        answer = self.client.request(method, path, json=body, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        return self.call(method, f"/api/v1/workspaces/{self.id}{path}", body, **options)

    def mlflow(self, path: str, body: Any, method: str = "POST", **options: Any) -> Any:
        return self.call(method, f"/mlflow/{self.id}/api/2.0/mlflow/{path}", body, **options)


class RunLab(WorkspaceLab):
    """A workspace with one experiment."""

    def __init__(self, client: httpx.Client) -> None:
        super().__init__(client)
        self.experiment: str = self.ask("POST", "/experiments", {"name": "lab"})["id"]

    def run(self, name: str, start: int = 1, end: int | None = None, **metrics: float) -> str:
        given = {"experiment_id": self.experiment, "run_name": name, "start_time": start, "user_id": "kim"}
        run_id: str = self.mlflow("runs/create", given)["run"]["info"]["run_id"]
        points = [{"key": key, "value": value, "timestamp": 1, "step": 0} for key, value in metrics.items()]
        if points:
            self.mlflow("runs/log-batch", {"run_id": run_id, "metrics": points})
        if end is not None:
            self.mlflow("runs/update", {"run_id": run_id, "status": "FINISHED", "end_time": end})
        return run_id

    def page(self, **query: Any) -> Any:
        return self.ask("GET", f"/experiments/{self.experiment}/runs", params=query)

    def page_error(self, **query: Any) -> str:
        answer = self.ask("GET", f"/experiments/{self.experiment}/runs", params=query, status=400)
        return str(answer["error"]["message"])

    def names(self, **query: Any) -> list[str]:
        return [row["name"] for row in self.page(**query)["runs"]]
