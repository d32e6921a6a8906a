/** Pieces of code that start common tasks; each becomes a cell. */
export const snippets = [
  { id: 'readFile', code: 'import pandas as pd\n\ndf = pd.read_csv("Files/data.csv")\ndisplay(df)' },
  { id: 'readTable', code: 'df = spark.read.table("dbo.sales")\ndisplay(df)' },
  { id: 'writeTable', code: 'df.write.mode("overwrite").saveAsTable("dbo.sales")' },
  { id: 'sql', code: '%%sql\nSELECT *\nFROM dbo.sales\nLIMIT 100' },
  {
    id: 'train',
    code: `import mlflow
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

X, y = df.drop(columns="label"), df["label"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
with mlflow.start_run():
    model = RandomForestClassifier().fit(X_train, y_train)
    mlflow.log_metric("accuracy", model.score(X_test, y_test))`,
  },
  {
    id: 'logRun',
    code: `import mlflow

mlflow.set_experiment("experiment")
with mlflow.start_run(run_name="run"):
    mlflow.log_param("rate", 0.1)
    for step in range(10):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)`,
  },
  { id: 'loadModel', code: 'import mlflow\n\nmodel = mlflow.pyfunc.load_model("models:/model/1")\npredictions = model.predict(df)' },
  {
    id: 'plot',
    code: `import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(8, 4))
ax.plot(range(10), range(10), label="y = x")
ax.legend()
plt.show()`,
  },
  {
    id: 'widget',
    code: `import ipywidgets as widgets

@widgets.interact(n=(1, 10))
def show(n=3):
    print("*" * n)`,
  },
  {
    id: 'progress',
    code: 'from tqdm.auto import tqdm\n\nfor item in tqdm(range(100)):\n    pass',
  },
] as const satisfies readonly { id: string; code: string }[];
