import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { CountReporter } from './test/support/count-reporter.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^deltalake-js$/, replacement: here('deltalake-js/js/index.ts') },
      { find: /^deltalake-js\/node$/, replacement: here('deltalake-js/js/node.ts') },
    ],
  },
  test: {
    reporters: ['default', new CountReporter()],
    include: ['test/integration/**/*.test.ts'],
    globalSetup: ['test/integration/support/python.ts'],
    // Each file starts servers of its own, and they share the machine.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
