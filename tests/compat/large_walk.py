"""A file above the client's threshold goes up in parts and comes back in ranges, beside one that is too small for it.

Run as a script by the tests. 3.x asks the server whether it may; 2.22 is told by its user. Prints the run's id.
"""

import hashlib
import os
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient

MB = 1024 * 1024
os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = str(6 * MB)
for name in ("UPLOAD", "DOWNLOAD"):
    os.environ[f"MLFLOW_MULTIPART_{name}_CHUNK_SIZE"] = str(5 * MB)
    if mlflow.__version__.startswith("2."):
        os.environ[f"MLFLOW_ENABLE_PROXY_MULTIPART_{name}"] = "true"


def main() -> None:
    client = MlflowClient()
    with mlflow.start_run() as run, tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder, "large file.bin"), Path(folder, "small.bin")
        large.write_bytes(os.urandom(12 * MB + 7))
        small.write_bytes(os.urandom(1_000))
        sent = hashlib.sha256(large.read_bytes()).hexdigest()
        mlflow.log_artifact(str(large), "data")
        mlflow.log_artifact(str(small), "data")
    found = {f.path: f.file_size for f in client.list_artifacts(run.info.run_id, "data")}
    assert found == {"data/large file.bin": 12 * MB + 7, "data/small.bin": 1_000}, found
    back = Path(mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="data"))
    assert sorted(p.name for p in back.iterdir()) == ["large file.bin", "small.bin"]
    digest = hashlib.sha256((back / "large file.bin").read_bytes()).hexdigest()
    assert digest == sent
    print(run.info.run_id)


main()
