"""Makes many runs and model versions out of the few that MLflow wrote: rows of its database are copied under new ids.

Of four runs, one keeps its stamp; the others, as if there had been no asof, keep only the dataset input, the params, or what
`mlflow.spark.autolog()` would have noted of the same version.

Usage: multiply_runs.py DATABASE RUNS MODELS VERSIONS_OF_EACH LOCATION
"""

import sqlite3
import sys

path, *counts, location = sys.argv[1:]
runs, models, versions = map(int, counts)
database = sqlite3.connect(path)


def columns(table):
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})")]


def copies(table, key, replaced):
    """For each row of the templates' the statement that copies it, with some columns given by parameters."""
    names = columns(table)
    taken = ", ".join(f":{name}" if name in replaced else f'"{name}"' for name in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table} ({quoted}) SELECT {taken} FROM {table} WHERE {key} = :template"


def unstamp(run, kept):
    [version] = database.execute("SELECT value FROM params WHERE run_uuid = ? AND key = 'feature_table_version'", (run,)).fetchone()
    database.execute("DELETE FROM tags WHERE run_uuid = ? AND key LIKE 'asof.%'", (run,))
    if kept != "inputs":
        database.execute("DELETE FROM inputs WHERE destination_id = ?", (run,))
    if kept != "params":
        database.execute("DELETE FROM params WHERE run_uuid = ?", (run,))
    if kept == "spark":
        read = f"path={location},version={version},format=delta"
        database.execute("INSERT INTO tags (key, value, run_uuid) VALUES ('sparkDatasourceInfo', ?, ?)", (read, run))


templates = [row[0] for row in database.execute("SELECT run_uuid FROM runs ORDER BY start_time")]
[start] = database.execute("SELECT max(start_time) FROM runs").fetchone()
of_runs = {table: copies(table, "run_uuid", {"run_uuid", "start_time", "end_time"}) for table in ("runs", "params", "tags", "latest_metrics")}
of_inputs = copies("inputs", "input_uuid", {"input_uuid", "destination_id"})
of_input_tags = copies("input_tags", "input_uuid", {"input_uuid"})
inputs = {
    template: [row[0] for row in database.execute("SELECT input_uuid FROM inputs WHERE destination_id = ?", (template,))]
    for template in templates
}
made = []
for number in range(runs - len(templates)):
    template = templates[number % len(templates)]
    run = f"{number + 1:032x}"
    at = start + 1000 * (number + 1)
    for statement in of_runs.values():
        database.execute(statement, {"template": template, "run_uuid": run, "start_time": at, "end_time": at + 500})
    for index, one in enumerate(inputs[template]):
        copy = f"{index:02x}{number + 1:030x}"
        database.execute(of_inputs, {"template": one, "input_uuid": copy, "destination_id": run})
        database.execute(of_input_tags, {"template": one, "input_uuid": copy})
    if number % 4:
        unstamp(run, ("inputs", "params", "spark")[number % 4 - 1])
    made.append(run)

[first] = database.execute("SELECT name FROM registered_models").fetchone()
of_models = copies("registered_models", "name", {"name"})
of_versions = copies("model_versions", "version = 1 AND name", {"name", "version", "run_id", "current_stage", "source"})
for model in range(models):
    name = f"model_{model:03d}"
    database.execute(of_models, {"template": first, "name": name})
    for version in range(1, versions + 1):
        stage = {versions: "Production", versions - 1: "Staging"}.get(version, "None")
        run = made[(model * versions + version) % len(made)]
        database.execute(of_versions, {"template": first, "name": name, "version": version, "run_id": run, "source": f"runs:/{run}/model", "current_stage": stage})
for table in ("model_version_tags", "model_versions", "registered_model_tags", "registered_models"):
    database.execute(f"DELETE FROM {table} WHERE name = ?", (first,))
database.commit()
