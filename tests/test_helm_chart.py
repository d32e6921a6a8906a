"""The chart of packaging/helm: its templates give what Kubernetes' schemas accept, and refuse what cannot work.

Rendering needs Go and two of Debian's Go libraries, see `PACKAGES`. Variables and flags are compared with those of the
program.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

import handloom as handloom_package
from handloom import settings
from running import ROOT, handloom

CHART = ROOT / "packaging" / "helm"
LIBRARIES = Path("/usr/share/gocode")
PACKAGES = "golang-go, golang-github-masterminds-sprig-dev and golang-k8s-sigs-yaml-dev"
TEAM = {
    "existingSecret": "lab",
    "publicUrl": "https://lab.example.com/handloom",
    "replicas": 2,
    "data": {"existingClaim": "", "size": "50Gi", "storageClass": "nfs", "accessMode": "ReadWriteMany"},
    "ingress": {"enabled": True, "className": "nginx", "annotations": {"a": "b"}, "tlsSecret": "lab-tls"},
    "environment": {"HANDLOOM_LOG_FORMAT": "json"},
    "artifacts": "s3://bucket/lab",
    "trustedProxies": "10.0.0.0/8",
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("go") is None or not (LIBRARIES / "src/github.com/Masterminds/sprig").exists():
        pytest.skip(f"needs {PACKAGES}")
    folder = tmp_path_factory.mktemp("go")
    built = folder / "render"
    variables = {"GO111MODULE": "off", "GOPATH": str(LIBRARIES), "GOCACHE": str(folder / "cache")}
    source = str(ROOT / "tests" / "helm_chart" / "main.go")
    subprocess.run(["go", "build", "-o", str(built), source], check=True, env={**os.environ, **variables}, timeout=200)
    return built


def values(**changes: Any) -> dict[str, Any]:
    defaults = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    assert changes.keys() <= defaults.keys()
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    named = {name[0].upper() + name[1:]: value for name, value in chart.items()}
    release = {"Name": "lab", "Namespace": "lab", "Service": "Helm"}
    return {"Values": defaults | changes, "Release": release, "Chart": named}


def rendered(program: Path, folder: Path, **changes: Any) -> subprocess.CompletedProcess[str]:
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(values(**changes)), encoding="utf-8")
    return subprocess.run([program, CHART, file], capture_output=True, text=True, check=False, timeout=60)


def resources(program: Path, folder: Path, **changes: Any) -> dict[str, dict[str, Any]]:
    done = rendered(program, folder, **changes)
    assert done.returncode == 0, done.stderr
    found = [one for one in yaml.safe_load_all(done.stdout) if one]
    for one in found:
        kubernetes_validate.validate(one, "1.34", strict=True)
    return {f"{one['kind']} {one['metadata']['name']}": one for one in found}


@pytest.mark.parametrize("changes", [{"existingSecret": "lab"}, TEAM], ids=["plain", "team"])
def test_kubernetes_accepts_what_the_chart_gives(program: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    found = resources(program, tmp_path, **changes)
    (container,) = found["StatefulSet lab-handloom"]["spec"]["template"]["spec"]["containers"]
    variables = {one["name"]: one for one in container["env"]}
    known = {settings.variable(name) for name in settings.names()} | {"HANDLOOM_SECRET_KEY", "POD_IP"}
    assert variables.keys() <= known
    order = list(variables)
    assert order.index("POD_IP") < order.index("HANDLOOM_PEER_URL")  # only variables before it are put in
    command, *flags = container["args"]
    said = handloom(command, "--help").stdout
    assert all(flag in said for flag in flags if flag.startswith("--"))
    claim = found["StatefulSet lab-handloom"]["spec"]["template"]["spec"]["volumes"][0]["persistentVolumeClaim"]
    assert f"PersistentVolumeClaim {claim['claimName']}" in found
    selector = found["StatefulSet lab-handloom"]["spec"]["selector"]["matchLabels"]
    labels = found["StatefulSet lab-handloom"]["spec"]["template"]["metadata"]["labels"]
    services = [one for name, one in found.items() if name.startswith("Service ")]
    assert len(services) == 2
    assert all(one["spec"]["selector"] == selector and selector.items() <= labels.items() for one in services)


def test_the_ingress_has_host_and_path_of_the_public_url(program: Path, tmp_path: Path) -> None:
    found = resources(program, tmp_path, **TEAM)
    (rule,) = found["Ingress lab-handloom"]["spec"]["rules"]
    assert (rule["host"], rule["http"]["paths"][0]["path"]) == ("lab.example.com", "/handloom")
    name = rule["http"]["paths"][0]["backend"]["service"]["name"]
    assert f"Service {name}" in found
    assert "Ingress lab-handloom" not in resources(program, tmp_path, existingSecret="lab")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "existingSecret"),
        ({"existingSecret": "lab", "usesDatabase": False, "replicas": 2}, "PostgreSQL"),
        ({"existingSecret": "lab", "replicas": 2}, "ReadWriteMany"),
        ({"existingSecret": "lab", "ingress": {"enabled": True}}, "publicUrl"),
    ],
)
def test_what_cannot_work_is_refused(program: Path, tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    done = rendered(program, tmp_path, **changes)
    assert done.returncode == 1
    assert words in done.stderr


def test_the_chart_has_the_version_of_the_program() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert chart["appVersion"] == chart["version"] == handloom_package.__version__
