import { defineConfig } from 'vitest/config';
import { CountReporter } from './test/support/count-reporter.ts';

export default defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    reporters: ['default', new CountReporter()],
    testTimeout: 300_000,
  },
});
