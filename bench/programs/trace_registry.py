"""Which table version trained each registered model version? What one writes without asof.

Usage: trace_registry.py
"""

import json

from mlflow import MlflowClient
from mlflow.store.entities import PagedList

client = MlflowClient()


def pages(search, **query):
    token = None
    while True:
        page: PagedList = search(page_token=token, **query)
        yield from page
        token = page.token
        if not token:
            return


answers = []
for version in pages(client.search_model_versions, max_results=1000):
    run = client.get_run(version.run_id)
    inputs = [json.loads(one.dataset.source) for one in run.inputs.dataset_inputs]
    wanted = run.data.params.get("feature_table_version")
    answers.append([version.name, version.version, version.current_stage, run.data.params.get("feature_table"), wanted, inputs])
print(len(answers))
