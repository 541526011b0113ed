import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { startWarehouse } from './start-warehouse.ts';

// `npm run warehouse`: a SQL warehouse to try things on, until Ctrl-C. Prints the variables that lead a program to it.

const venv = resolve(process.env['ASOF_VENV'] ?? '.venv');
const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
const warehouse = await startWarehouse({
  python: join(venv, 'bin', 'python'),
  jars: join(venv, 'ivy', 'jars'),
  memory: process.env['ASOF_WAREHOUSE_MEMORY'] ?? '2g',
});
for (const [name, value] of Object.entries(warehouse.env)) {
  process.stdout.write(`export ${name}='${value}'\n`);
}
process.stdout.write(`# Spark is process ${warehouse.spark.pid}, its folder ${warehouse.folder}\n`);
await interrupted;
await warehouse.stop();
