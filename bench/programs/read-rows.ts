import { resolve } from 'node:path';
import { connectTables, parseTableName } from '../../src/index.ts';

// Reads all rows of a table at its latest version, batch after batch. Usage: read-rows.js TABLE

const [, , path = ''] = process.argv;
const begun = performance.now();
const tables = connectTables({ tables: {} }, { cwd: process.cwd() });
const { history, snapshots, reader } = tables.open(parseTableName(resolve(path)));
const { version } = await history.resolve({ kind: 'latest' });
let rows = 0;
for await (const batch of reader.rows(await snapshots.at(version))) rows += batch.rowCount;
const insideMs = performance.now() - begun;
console.log(JSON.stringify({ insideMs, rows }));
