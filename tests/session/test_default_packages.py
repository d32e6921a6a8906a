"""The packages that a session starts with, in versions that work together."""

from __future__ import annotations

from handloom.client.session import RemoteSession

IMPORTS = """
import deltalake, imblearn, ipywidgets, lightgbm, matplotlib.pyplot, openpyxl, plotly.express, scipy.stats, seaborn
import sklearn, statsmodels.api, statsmodels.formula.api, tqdm.auto, xgboost
"""

PANDAS = """
import pandas as pd, pyspark.pandas as ps
print(pd.__version__.split('.')[0], pd.Series([1, 2]).ravel().tolist())
import warnings; warnings.simplefilter('error')
spark.createDataFrame(pd.DataFrame({'a': [1, 2]})).toPandas().equals(pd.DataFrame({'a': [1, 2]}))
"""

WORK = """
import numpy as np, pandas as pd, seaborn as sns, plotly.express as px, statsmodels.formula.api as smf
from imblearn.over_sampling import SMOTE
from lightgbm import LGBMRegressor
from xgboost import XGBRegressor
rng = np.random.default_rng(0)
frame = pd.DataFrame({'x': rng.normal(size=60), 'g': ['a', 'b', 'c'] * 20})
frame['y'] = 2 * frame.x + 1
print(round(smf.ols('y ~ x', frame).fit().params['x'], 3))
print(len(px.scatter(frame, x='x', y='y').data), sns.regplot(frame, x='x', y='y').get_xlabel())
label = np.r_[np.ones(10), np.zeros(50)]
print(np.bincount(SMOTE(k_neighbors=3).fit_resample(frame[['x', 'y']], label)[1].astype(int)).tolist())
for kind in (LGBMRegressor(verbose=-1, min_child_samples=2), XGBRegressor(n_estimators=5)):
    print(kind.fit(frame[['x']], frame.y).predict(frame[['x']]).shape)
frame.to_excel('Files/default.xlsx', index=False); print(pd.read_excel('Files/default.xlsx').shape)
"""


FONTS = """
import warnings; warnings.simplefilter('error')
import matplotlib.pyplot as plt, seaborn
seaborn.set_theme()
plt.style.use('ggplot')
figure, axes = plt.subplots()
axes.set_title('한국어 日本語 简体中文 -1')
figure.savefig('Files/fonts.png'); figure.savefig('Files/fonts.svg'); print('drawn')
warnings.simplefilter('default')
"""


def test_matplotlib_draws_korean_japanese_and_chinese_in_any_style(session: RemoteSession) -> None:
    ran = session.run(FONTS, seconds=200)
    assert ran.error is None, "\n".join(ran.error["traceback"])
    assert ran.text.splitlines() == ["drawn"]


def test_the_default_packages_import_and_work(session: RemoteSession) -> None:
    for code, lines in [
        (IMPORTS, []),
        (WORK, ["2.0", "1 x", "[50, 50]", "(60,)", "(60,)", "(60, 3)"]),
    ]:
        ran = session.run(code, seconds=200)
        assert ran.error is None, "\n".join(ran.error["traceback"])
        assert ran.text.splitlines() == lines


def test_pandas_is_the_line_that_pyspark_supports(session: RemoteSession) -> None:
    ran = session.run(PANDAS, seconds=200)
    assert ran.error is None, "\n".join(ran.error["traceback"])
    assert "2 [1, 2]" in ran.text


def test_progress_bars_are_widgets_in_notebooks_and_text_elsewhere(session: RemoteSession) -> None:
    for module in ("tqdm.auto", "tqdm.notebook"):
        ran = session.run(f"from {module} import tqdm\nfor _ in tqdm(range(3), desc='work'): pass")
        assert ran.error is None
        assert ["application/vnd.jupyter.widget-view+json" in output["data"] for output in ran.outputs] == [True]
    ran = session.run("from tqdm import tqdm\nfor _ in tqdm(range(3), desc='work'): pass")
    assert "work: 100%" in ran.text


def test_xgboost_is_found_under_its_usual_name(session: RemoteSession) -> None:
    assert "Already here: xgboost" in session.run("%pip install 'xgboost>=2'").text
