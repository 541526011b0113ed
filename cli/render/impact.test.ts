import { expect, test } from 'vitest';
import type { ImpactResult } from '../../src/index.ts';
import { impactMarkdown } from './impact.ts';

test('a model shows under its own name in Markdown, whatever it looks like there', () => {
  const model = {
    name: '*a* `b` &lt;',
    version: 1,
    stages: [],
    aliases: [],
    tableVersion: 4,
    certainty: 'stamped',
    effect: 'holds',
    why: 'v4 holds 1 row',
  };
  const result = {
    table: { ref: 'sales.orders' },
    from: null,
    to: null,
    predicate: "note = '<b>*x*'",
    commits: [],
    models: [model],
    unaffected: 0,
    isProtectedHit: false,
    protectedStages: [],
  } as unknown as ImpactResult;
  const text = impactMarkdown(result);
  expect(text).toContain("### sales.orders where note = '&lt;b>\\*x\\*'\n");
  expect(text).toContain('| models:/\\*a\\* \\`b\\` &amp;lt;/1 |');
});
