"""The fast inference of a model's packages returns MLflow's own list."""

from __future__ import annotations

from handloom.client.session import RemoteSession

MODELS = """
import json, os, tempfile, time, numpy as np, mlflow
from mlflow.utils import requirements_utils as ru
from handloom.session import requirements
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeRegressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
X = np.arange(40.0).reshape(20, 2); y = np.arange(20) % 2
models = [LinearRegression(), DecisionTreeRegressor(max_depth=5), RandomForestClassifier(n_estimators=3),
          make_pipeline(StandardScaler(), SVC())]
mlflow.autolog(disable=True)
paths, folder = [], tempfile.mkdtemp(dir="Files")
for number, model in enumerate(models):
    path = f"{folder}/{number}"
    mlflow.sklearn.save_model(model.fit(X, y), path, pip_requirements=[], serialization_format="pickle")
    paths.append(path)
answers = []
def watched(self, *arguments, original=requirements.Inferrer.run):
    done = original(self, *arguments)
    answers.append(done or self.unfit(arguments[1]))
    return done
requirements.Inferrer.run = watched
"""

QUICK = "print(json.dumps([ru._infer_requirements(path, 'sklearn') for path in paths])); print(answers)"
OWN = """
requirements._inferrer = None
ru._iter_requires = ru._iter_requires.__wrapped__
print(json.dumps([ru._infer_requirements(path, 'sklearn') for path in paths])); print(len(answers))
"""
EXAMPLE = """
requirements._inferrer = requirements.Inferrer()
answers.clear()
signed = "Files/requirements-model-with-example"
mlflow.sklearn.save_model(models[0], signed, pip_requirements=[], input_example=X[:2], serialization_format="pickle")
print(bool(ru._infer_requirements(signed, 'sklearn')), answers)
"""


def test_the_list_is_mlflows_own_for_every_kind_of_estimator(session: RemoteSession) -> None:
    assert session.run(MODELS, seconds=120).error is None
    quick = session.run(QUICK, seconds=120)
    assert quick.error is None
    own = session.run(OWN, seconds=200)
    assert own.error is None
    assert quick.text.splitlines()[0] == own.text.splitlines()[0]
    assert quick.text.splitlines()[1] == "[True, True, True, True]"  # all of them by the warm process
    assert own.text.splitlines()[1] == "4"  # and none of these
    assert "scikit-learn==" in own.text


def test_a_model_with_an_input_example_is_left_to_mlflow(session: RemoteSession) -> None:
    ran = session.run(EXAMPLE, seconds=200)
    assert ran.error is None
    assert ran.text.split() == ["True", "['']"]


IDLE = """
own = requirements._inferrer
requirements._inferrer = requirements.Inferrer(idle_seconds=0.1)
print(requirements._inferrer._process.wait(100), requirements._inferrer.unfit(dict(os.environ)))
print(bool(ru._infer_requirements(paths[0], 'sklearn')), requirements._inferrer.unfit(dict(os.environ)) or 'renewed')
requirements._inferrer.close()
requirements._inferrer = own
"""


def test_the_process_ends_when_it_is_idle_and_the_next_model_starts_it_again(session: RemoteSession) -> None:
    assert session.run(MODELS, seconds=120).error is None
    ran = session.run(IDLE, seconds=200)
    assert ran.error is None, ran.error
    assert ran.text.splitlines() == ["0 it ended with 0", "True renewed"]
