"""Models in a session: every common flavor is logged and loaded; a failed one leaves nothing to register."""

from __future__ import annotations

from handloom.client.session import RemoteSession

PREPARE = """
import mlflow, numpy as np, pandas as pd, warnings
warnings.simplefilter('ignore')
mlflow.autolog(disable=True)
rng = np.random.default_rng(0)
X = pd.DataFrame(rng.normal(size=(80, 3)), columns=list('abc')); y = (X.a + X.b > 0).astype(int)
"""

KINDS = """
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as balanced
from lightgbm import LGBMClassifier
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier
kinds = [DecisionTreeClassifier(), RandomForestClassifier(5), GradientBoostingClassifier(n_estimators=5),
    HistGradientBoostingClassifier(max_iter=5), KNeighborsClassifier(),
    make_pipeline(StandardScaler(), FunctionTransformer(lambda x: x * 2), DecisionTreeClassifier()),
    GridSearchCV(DecisionTreeClassifier(), {'max_depth': [1, 2]}, cv=2),
    balanced(RandomOverSampler(), DecisionTreeClassifier())]
for model in kinds:
    model.fit(X, y)
    info = mlflow.sklearn.log_model(model, name='model', pip_requirements=[])
    assert (mlflow.sklearn.load_model(info.model_uri).predict(X) == model.predict(X)).all()
    assert (mlflow.pyfunc.load_model(info.model_uri).predict(X) == model.predict(X)).all()
boosted = LGBMClassifier(n_estimators=5, verbose=-1).fit(X, y)
info = mlflow.lightgbm.log_model(boosted, name='model', pip_requirements=[])
assert (mlflow.lightgbm.load_model(info.model_uri).predict(X) == boosted.predict(X)).all()
other = XGBClassifier(n_estimators=5).fit(X, y)
info = mlflow.xgboost.log_model(other, name='model', pip_requirements=[])
assert (mlflow.xgboost.load_model(info.model_uri).predict(X) == other.predict(X)).all()
print(len(kinds) + 2)
"""

EXPLICIT = """
from sklearn.linear_model import LogisticRegression
info = mlflow.sklearn.log_model(LogisticRegression().fit(X, y), name='m', pip_requirements=[],
    serialization_format='skops')
print(info.flavors['sklearn']['serialization_format'])
try:
    mlflow.sklearn.log_model(DecisionTreeClassifier().fit(X, y), name='m', serialization_format='skops')
except mlflow.MlflowException as error:
    print('untrusted types' in str(error))
failed = mlflow.last_logged_model()
print(failed.status)
for source in (f'models:/{failed.model_id}', failed.artifact_location):
    try:
        mlflow.MlflowClient().create_registered_model('half') if source.startswith('models:') else None
        mlflow.MlflowClient().create_model_version('half', source, model_id=failed.model_id)
    except mlflow.MlflowException as error:
        print('is not complete' in str(error))
print(len(mlflow.MlflowClient().search_model_versions("name='half'")))
"""


def test_every_common_kind_of_model_is_logged_and_loaded(session: RemoteSession) -> None:
    assert session.run(PREPARE, seconds=200).error is None
    ran = session.run(KINDS, seconds=280)
    assert ran.error is None, "\n".join(ran.error["traceback"])
    assert ran.stdout.splitlines()[-1] == "10"
    assert "skops" not in ran.text
    assert "cloudpickle" not in ran.text


def test_a_named_format_is_mlflows_own_and_a_failed_model_cannot_be_registered(session: RemoteSession) -> None:
    assert session.run(PREPARE, seconds=200).error is None
    ran = session.run("from sklearn.tree import DecisionTreeClassifier\n" + EXPLICIT, seconds=280)
    assert ran.error is None, "\n".join(ran.error["traceback"])
    assert ran.stdout.splitlines()[-6:] == ["skops", "True", "FAILED", "True", "True", "0"]


SCORE = """
from sklearn.ensemble import RandomForestRegressor
forest = RandomForestRegressor(5, random_state=0).fit(X, X.a * 2)
info = mlflow.sklearn.log_model(forest, name='scored', registered_model_name='scored', pip_requirements=[],
    signature=mlflow.models.infer_signature(X, forest.predict(X)))
frame = spark.createDataFrame(X)
expected = forest.predict(X)
for uri in ('models:/scored/1', info.model_uri):
    score = mlflow.pyfunc.spark_udf(spark, uri, result_type='double')
    got = frame.select('*', score('a', 'b', 'c').alias('p')).toPandas()
    print(np.allclose(np.sort(got.p), np.sort(expected)))
from pyspark.sql.functions import udf
tokens = udf(lambda x: str('MLFLOW_TRACKING_TOKEN' in __import__('os').environ))
print(frame.limit(1).select(tokens('a')).first()[0])
"""


def test_a_model_scores_in_spark_though_the_engine_has_no_token(session: RemoteSession) -> None:
    assert session.run(PREPARE, seconds=200).error is None
    ran = session.run(SCORE, seconds=280)
    assert ran.error is None, "\n".join(ran.error["traceback"])
    assert ran.stdout.splitlines()[-3:] == ["True", "True", "False"]
