"""Which table version trained the model in Production? What one writes without asof.

Usage: trace_model.py MODEL TABLE_LOCATION
"""

import json
import sys

from deltalake import DeltaTable
from mlflow import MlflowClient

model, location = sys.argv[1:]
client = MlflowClient()
[version] = client.get_latest_versions(model, ["Production"])
params = client.get_run(version.run_id).data.params
wanted = int(params["feature_table_version"])
[commit] = [one for one in DeltaTable(location).history() if one["version"] == wanted]
print(json.dumps([model, version.version, params["feature_table"], wanted, commit["timestamp"], commit["operation"]]))
