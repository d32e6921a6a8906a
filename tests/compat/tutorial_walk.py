"""The tutorial's own steps through the mlflow package, 2.22 or 3.x: train with autolog, compare, register, load.

Run as a script by the tests; an assertion that fails is its exit code.
"""

import mlflow
import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeRegressor

data = load_diabetes(as_frame=True, scaled=False).frame
X, y = data.drop(columns="target").values, data["target"].values
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.30, random_state=0)

mlflow.set_experiment("experiment-diabetes")
mlflow.sklearn.autolog()  # a notebook of ours does this when the session starts
with mlflow.start_run(run_name="linear") as linear:
    model = LinearRegression()
    model.fit(X_train, y_train)
    mlflow.log_param("estimator", "LinearRegression")
with mlflow.start_run(run_name="tree") as tree:
    DecisionTreeRegressor(max_depth=5).fit(X_train, y_train)
    mlflow.log_param("estimator", "DecisionTreeRegressor")

print([experiment.name for experiment in mlflow.search_experiments()])
experiment = mlflow.get_experiment_by_name("experiment-diabetes")
assert experiment is not None
found = mlflow.search_runs([experiment.experiment_id], order_by=["start_time DESC"], max_results=2)
assert list(found["params.estimator"]) == ["DecisionTreeRegressor", "LinearRegression"]
assert found["metrics.training_r2_score"].between(0.3, 1).all()
best = mlflow.search_runs(
    experiment_names=["experiment-diabetes"],
    filter_string="metrics.training_r2_score > 0.3 and params.estimator = 'LinearRegression'",
    order_by=["metrics.training_r2_score DESC"],
)
assert list(best["run_id"]) == [linear.info.run_id]

client = mlflow.MlflowClient()
for version in ("1", "2"):
    made = mlflow.register_model(f"runs:/{linear.info.run_id}/model", "model-diabetes")
    assert (made.name, str(made.version), made.run_id) == ("model-diabetes", version, linear.info.run_id)
client.set_registered_model_alias("model-diabetes", "champion", "1")
client.set_model_version_tag("model-diabetes", "1", "checked", "yes")
assert client.get_model_version_by_alias("model-diabetes", "champion").tags == {"checked": "yes"}
assert [int(v.version) for v in client.search_model_versions("name='model-diabetes'")] == [2, 1]

expected = model.predict(X_test)
run = linear.info.run_id
for uri in (f"runs:/{run}/model", "models:/model-diabetes/1", "models:/model-diabetes@champion"):
    assert np.allclose(mlflow.pyfunc.load_model(uri).predict(pd.DataFrame(X_test)), expected), uri
assert np.allclose(mlflow.sklearn.load_model("models:/model-diabetes/latest").predict(X_test), expected)
print(f"walked {mlflow.__version__}")
