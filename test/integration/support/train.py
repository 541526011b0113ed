"""A training as people write them. It reads the version of the table that it was given, and knows nothing of asof but variables.

Usage: train.py [--copy]        --copy: the rows lie at ASOF_FEATURES_PATH as Parquet
"""

import json
import os
import sys

import mlflow
import pandas
from deltalake import DeltaTable
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split

mlflow.sklearn.autolog(log_models=False)

path = os.environ["ASOF_FEATURES_PATH"]
if "--copy" in sys.argv:
    features = pandas.read_parquet(path)
else:
    features = DeltaTable(path, version=int(os.environ["ASOF_FEATURES_VERSION"])).to_pandas()

features = features.sort_values("customer_id").reset_index(drop=True)
columns = ["tenure_months", "monthly_charge", "support_calls"]
train, test = train_test_split(features, test_size=0.25, random_state=7)
with mlflow.start_run() as run:
    model = RandomForestClassifier(n_estimators=20, random_state=7)
    model.fit(train[columns], train["churned"])
    mlflow.sklearn.log_model(
        model,
        name="model",
        registered_model_name=os.environ.get("REGISTER_AS"),
        serialization_format="cloudpickle",
        # Otherwise MLflow starts another Python to find them out.
        pip_requirements=["scikit-learn"],
    )
    chances = model.predict_proba(test[columns])[:, 1]
    mlflow.log_metric("rows", len(features))
    mlflow.log_metric("test_accuracy", accuracy_score(test["churned"], chances > 0.5))
    mlflow.log_metric("test_loss", log_loss(test["churned"], chances))
print(json.dumps({"run": run.info.run_id}))
