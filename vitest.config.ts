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
    include: ['{src,cli,test,deltalake-js/js}/**/*.test.ts'],
    exclude: ['test/integration/**', 'test/package/**'],
    reporters: ['default', new CountReporter()],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
