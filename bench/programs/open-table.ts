import { openSnapshot } from 'deltalake-js';
import { localStore } from 'deltalake-js/node';

// Opens a table at a version, or at its latest, with all its files. Usage: open-table.js TABLE [VERSION]

const [, , path = '', version] = process.argv;
const begun = performance.now();
const snapshot = await openSnapshot(
  localStore(path),
  version === undefined ? {} : { version: Number(version) },
);
let files = 0;
for await (const batch of snapshot.files()) files += batch.length;
const insideMs = performance.now() - begun;
console.log(JSON.stringify({ insideMs, version: snapshot.version, files }));
