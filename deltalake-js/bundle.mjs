// Bundles js/ into dist/index.js and dist/node.js: as twenty modules it takes twice as long to load.
import { rolldown } from 'rolldown';

const bundle = await rolldown({
  input: { index: 'js/index.ts', node: 'js/node.ts' },
  platform: 'node',
  onLog(level, log) {
    throw new Error(`${level}: ${log.message}`);
  },
});
await bundle.write({ dir: 'dist', cleanDir: true });
