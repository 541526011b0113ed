// Writes the shape of every JSON result as JSON Schema into dist/schemas, after the build.
import { mkdir, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { resultSchemas } from '../dist/src/index.js';

const folder = new URL('../dist/schemas/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, schema] of Object.entries(resultSchemas)) {
  const json = { title: `asof ${name}`, ...z.toJSONSchema(schema) };
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(json, undefined, 2)}\n`);
}
