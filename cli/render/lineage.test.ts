import { expect, test } from 'vitest';
import type { CliContext } from '../context.ts';
import { lineageText } from './lineage.ts';

test('what a log says of its sources and writers does not reach the terminal as a command or a line', () => {
  const evil = 'x\u001b[2J\ny';
  const text = lineageText(
    {
      schemaVersion: 1,
      table: { ref: 't', id: 'i', location: '/t' },
      version: 3,
      upstream: [
        {
          kind: 'clone',
          ref: evil,
          tableId: null,
          version: 0,
          known: 'log',
          atVersion: 1,
          why: evil,
          upstream: [],
        },
      ],
      writers: [{ kind: 'job', id: evil, name: evil, versions: [2] }],
      unknown: [{ operation: evil, versions: [3], why: 'w' }],
      warnings: [],
    },
    { hasColor: false } as CliContext,
  );
  expect(text).toBe(
    't@v3\n' +
      '  from x [2J y@v0  clone at v1, known by the log: x [2J y\n' +
      '  written by job x [2J y (x [2J y): v2\n' +
      '  not known  x [2J y v3: w\n',
  );
});
