#!/usr/bin/env node
import { asofVersion } from '../src/version.ts';

// The one question that needs nothing loaded.
if (process.argv.length === 3 && /^(--version|-V)$/.test(process.argv[2] ?? '')) {
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    process.stderr.write(`error: ${message}\n`);
    process.exitCode = 4;
  });
  process.stdout.write(`${asofVersion}\n`);
} else {
  const { start } = await import('./start.ts');
  await start();
}
