"""A kernel that is forked from the template process is like a spawned one, and has nothing in common with another."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import forking
import wheels
from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.errors import Unavailable
from handloom.kernels import box
from handloom.kernels.box import NoBoxError
from running import Handloom

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")

FACTS = r"""
import json, os, resource, sys
wanted = ('Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp', 'Umask',
          'SigBlk', 'SigIgn')
status = dict(line.split(':\t') for line in open('/proc/self/status') if ':\t' in line)
links = lambda folder: {name: os.readlink(os.path.join(folder, name)) for name in sorted(os.listdir(folder))}
listed = {}
for name in os.listdir('/proc/self/fd'):
    try:
        listed[name] = os.readlink('/proc/self/fd/' + name)
    except OSError:
        pass
print(json.dumps(dict(
    status={name: status[name] for name in wanted},
    maps=[open('/proc/self/' + name).read() for name in ('uid_map', 'gid_map', 'setgroups', 'oom_score_adj')],
    mounts=[' '.join(line.split()[3:]) for line in open('/proc/self/mountinfo')],
    namespaces=links('/proc/self/ns'),
    files=sorted({name for name in listed.values() if name.startswith('/') and not name.startswith('/proc')}),
    input=listed['0'].split(':')[0],
    variables=dict(os.environ), first=open('/proc/self/environ').read(),
    paths=sys.path, prefix=[sys.prefix, sys.exec_prefix, sys.executable, sys.base_prefix], flags=str(sys.flags),
    words=[sys.orig_argv, open('/proc/self/cmdline').read().rstrip('\0')], working=os.getcwd(),
    limits={name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith('RLIMIT_')},
    leader=os.getpid() == os.getsid(0) == os.getpgrp(), nice=os.nice(0), cores=sorted(os.sched_getaffinity(0)),
    shared=[line for line in open('/proc/self/maps') if line.split()[1].endswith('s') and 'w' in line.split()[1]])))
"""
OWN_NAMESPACES = ("cgroup", "ipc", "mnt", "pid", "pid_for_children", "user", "uts")
SET_ON_IMPORT = ("KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK", "_RJEM_MALLOC_CONF", "MLFLOW_TRACKING_TOKEN")

LIBRARIES = """
import io, numpy as np, pandas as pd, polars as pl, pyarrow as pa, pyarrow.csv, pyarrow.parquet
a = np.random.default_rng(0).random((600, 600))
assert np.allclose((a @ a)[0], (a[0][:, None] * a).sum(0))
frame = pd.DataFrame({'k': np.arange(200_000) % 7, 'v': np.arange(200_000)})
table = pa.Table.from_pandas(frame)
assert table.group_by('k').aggregate([('v', 'sum')]).num_rows == 7
pa.parquet.write_table(table, '/tmp/forked.parquet')
assert pd.read_parquet('/tmp/forked.parquet').v.sum() == frame.v.sum()
assert pa.csv.read_csv(io.BytesIO(frame.to_csv(index=False).encode())).num_rows == 200_000
lazy = pl.from_pandas(frame).lazy().group_by('k').agg(pl.col('v').sum())
assert lazy.collect().height == lazy.collect(engine='streaming').height == 7
assert pl.scan_parquet('/tmp/forked.parquet').select(pl.col('v').max()).collect().item() == 199_999
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
x, y = frame[['v']].values[:5000] % 97, frame.k.values[:5000] % 2
assert RandomForestClassifier(n_estimators=4, n_jobs=2).fit(x, y).score(x, y) > 0
HistGradientBoostingClassifier(max_iter=2).fit(x, y)
import mlflow
with mlflow.start_run():
    mlflow.log_metric('a', 1)
import subprocess, sys
child = [sys.executable, '-c', 'import sys; print(sys.prefix)']
print(subprocess.check_output(child, text=True).strip() == sys.prefix, spark.range(10).count())
"""
NUMBERS = """
import multiprocessing, random, secrets, tempfile, uuid, numpy as np
from sklearn.ensemble._hist_gradient_boosting.grower import TreeGrower
from scipy import stats
rng = [one for one in TreeGrower.__init__.__defaults__ if isinstance(one, np.random.Generator)]
print(random.random(), np.random.random(), stats.norm.rvs(), rng[0].random(), uuid.uuid4(), secrets.token_hex(8),
      bytes(multiprocessing.current_process().authkey).hex(), tempfile.mktemp())
"""


class Lab:
    def __init__(self, server: Handloom, client: Client, *, boxed: bool) -> None:
        self.server, self.client, self.boxed = server, client, boxed
        self.workspace = client.ask("GET", "/workspaces")["workspaces"][0]["id"]
        self.spawned = RemoteSession(client, self.workspace, name="spawned")
        self.facts = _facts(self.spawned)
        self.session = forking.session(server, client, self.workspace, "forked")

    def post(self, act: str) -> None:
        self.client.ask("POST", f"/workspaces/{self.workspace}/sessions/{self.session.facts['id']}/{act}")

    def run(self, code: str) -> str:
        ran = self.session.run(code, seconds=180)
        assert ran.error is None, "\n".join(ran.error["traceback"])
        return ran.text.strip()


def _facts(session: RemoteSession) -> dict[str, Any]:
    ran = session.run(FACTS)
    assert ran.error is None, ran.error
    own = session.facts["kernel"]
    found: dict[str, Any] = json.loads(ran.text.replace(own, "KERNEL"))
    return found


@pytest.fixture(scope="module", params=[pytest.param("none", marks=pytest.mark.soak), "required"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    boxed = request.param == "required"
    if boxed:
        try:
            box.find(tmp_path_factory.mktemp("probe"))
        except NoBoxError as error:
            pytest.skip(f"no box can be made on this machine: {error}")
    with forking.server(tmp_path_factory.mktemp("forked") / "data", "--isolation", request.param) as server:
        client = Client(server.url, server.token)
        try:
            yield Lab(server, client, boxed=boxed)
        finally:
            client.close()


def test_a_forked_kernel_has_the_rights_files_and_variables_of_a_spawned_one(lab: Lab) -> None:
    spawned, forked = lab.facts, _facts(lab.session)
    for name in SET_ON_IMPORT:
        spawned["variables"].pop(name, None)
        forked["variables"].pop(name, None)
    host, own = (facts.pop("namespaces") for facts in (spawned, forked))
    for name, namespace in own.items():
        apart = lab.boxed and name in OWN_NAMESPACES
        assert (namespace != host[name]) is apart, name
    variables = forked.pop("first")
    assert "TOKEN" not in variables
    assert "SECRET" not in variables
    del spawned["first"]
    assert forked["shared"] == []
    assert forked == spawned
    if lab.boxed:
        assert {forked["status"][name].strip() for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {
            "0" * 16
        }
        assert forked["status"]["NoNewPrivs"].strip() == "1"


def test_the_program_of_a_forked_kernel_in_a_box_is_no_file_of_the_machine(lab: Lab) -> None:
    exe = lab.run("import os; print(os.readlink('/proc/self/exe'))")
    assert exe.startswith("/memfd:") is lab.boxed
    if lab.boxed:
        code = "try:\n    open('/proc/self/exe', 'r+b')\nexcept OSError:\n    print('refused')"
        assert lab.run(code) == "refused"


def test_two_forked_kernels_have_no_random_numbers_and_keys_in_common(lab: Lab) -> None:
    first = lab.run(NUMBERS).split()
    lab.post("restart")
    assert lab.run(forking.IS_FORKED) == "True"
    second = lab.run(NUMBERS).split()
    assert len(first) == len(second) == 8
    assert not set(first) & set(second)


def test_packages_that_the_template_has_imported_work_in_a_forked_kernel(lab: Lab) -> None:
    assert lab.run(LIBRARIES) == "True 10"
    ran = lab.session.run("import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()")
    assert ran.error is None
    assert any("image/png" in output.get("data", {}) for output in ran.outputs)


REQUIREMENTS = """
import json, os, psutil, mlflow
from handloom.session import requirements
from mlflow.utils import requirements_utils as ru
from sklearn.ensemble import RandomForestClassifier
model = RandomForestClassifier(n_estimators=2).fit([[0], [1]], [0, 1])
mlflow.sklearn.save_model(model, "Files/forked-model", pip_requirements=[], serialization_format="pickle")
answers, run = [], requirements.Inferrer.run
requirements.Inferrer.run = lambda *given: answers.append(run(*given)) or answers[-1]
quick = ru._infer_requirements("Files/forked-model", "sklearn")
requirements.Inferrer.run = lambda *given: False
own = ru._infer_requirements("Files/forked-model", "sklearn")
requirements.Inferrer.run = run
print(json.dumps([answers, quick, own, requirements._inferrer._process is None]))
"""


def test_the_requirements_of_models_are_found_by_a_fork_beside_the_kernel(lab: Lab) -> None:
    captures = _captures(lab)
    answers, quick, own, forked = json.loads(lab.run(REQUIREMENTS).splitlines()[-1])
    assert (answers, forked) == ([True], True)
    assert quick == own
    assert any(one.startswith("scikit-learn==") for one in quick)
    assert _captures(lab) == captures  # nothing else was started for it
    lab.post("restart")
    assert lab.run("print(1)") == "1"
    end = time.monotonic() + 20
    while len(_captures(lab)) != len(captures):
        assert time.monotonic() < end, "the one of the kernel before is still there"
        time.sleep(0.1)
    assert not captures <= _captures(lab)


def _captures(lab: Lab) -> set[int]:
    """The processes that find the requirements of models."""
    assert lab.server.process is not None
    found = set()
    for one in psutil.Process(lab.server.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "handloom.session.capture" in one.cmdline() and one.status() != psutil.STATUS_ZOMBIE:
                found.add(one.pid)
    return found


def test_a_forked_kernel_is_interrupted(lab: Lab) -> None:
    for code in ("import time; time.sleep(60)", "!sleep 60", "while True: pass"):
        timer = threading.Timer(1.5, lab.post, ("interrupt",))
        timer.start()
        ran = lab.session.run(code, seconds=50)
        timer.join()
        assert ran.error is None or ran.error["ename"] == "KeyboardInterrupt"
        assert lab.run("print(1)") == "1"


def test_a_restart_after_an_install_has_the_installed_package(lab: Lab) -> None:
    files = lab.server.data / "workspaces" / lab.workspace / "Files"
    wheels.build(files, "forkdemo", "1.0")
    assert "forkdemo" in lab.run("%pip install --no-index --find-links Files forkdemo")
    lab.post("restart")
    assert lab.run("import forkdemo; print(forkdemo.__version__)") == "1.0"
    assert lab.run(forking.IS_FORKED) == "False"


@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), 9)"])
def test_the_death_of_a_forked_kernel_is_noticed(lab: Lab, end: str) -> None:
    session = forking.session(lab.server, lab.client, lab.workspace, f"dies of {end[:8]}")
    child = "import multiprocessing, os, time\nmultiprocessing.Process(target=time.sleep, args=(99,)).start()"
    with pytest.raises(Unavailable):
        session.run(f"{child}\n{end}", seconds=60)


def test_kernels_outlive_the_template_and_end_with_the_server(lab: Lab) -> None:
    session = forking.session(lab.server, lab.client, lab.workspace, "outlives")
    assert lab.server.process is not None
    processes = psutil.Process(lab.server.process.pid).children(recursive=True)
    template = forking.template(lab.server)
    template.kill()
    psutil.wait_procs([template], timeout=2)  # its parent notices when it needs it next
    assert session.run("print(1)").text == "1\n"
    with RemoteSession(lab.client, lab.workspace, name="later") as later:
        assert later.run("print(2)").text == "2\n"
    lab.server.kill()
    _, alive = psutil.wait_procs([one for one in processes if one.is_running()], timeout=15)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []
    assert Path(lab.server.data, "handloom.db").exists()
