import { describe, expect, test, vi } from 'vitest';
import { aModelVersion, aRun, aStamp, aStampedTable } from '../../test/support/builders.ts';
import { fakeRegistry } from '../../test/support/fake-registry.ts';
import {
  annotateFromRun,
  annotateModel,
  dataBlock,
  escapeMarkdown,
  registerFromRun,
  withBlock,
} from './annotate-model.ts';
import { recordOf } from './stamp.ts';

const begin = '[//]: # (asof:begin)';
const end = '[//]: # (asof:end)';

describe('what stands in Markdown', () => {
  test.each([
    ['\\', '\\\\'],
    ['`', '\\`'],
    ['*', '\\*'],
    ['_', '\\_'],
    ['{', '\\{'],
    ['}', '\\}'],
    ['[', '\\['],
    [']', '\\]'],
    ['(', '\\('],
    [')', '\\)'],
    ['#', '\\#'],
    ['+', '\\+'],
    ['-', '\\-'],
    ['!', '\\!'],
    ['|', '\\|'],
    ['~', '\\~'],
    ['<', '&lt;'],
    ['>', '&gt;'],
    ['&', '&amp;'],
    ['\n', ' '],
    ['\r\n\t', ' '],
  ])('%j is escaped as %j', (sign, escaped) => {
    expect(escapeMarkdown(`a${sign}b`)).toBe(`a${escaped}b`);
  });

  test.each([
    '<img src=x onerror=alert(1)>',
    '[click](javascript:alert(1))',
    '![x](https://example.com/x.png)',
    '&lt;script&gt;',
    '</details>',
    '```\ncode\n```',
    `${end}\n# Mine`,
  ])('no name becomes markup: %j', (name) => {
    const escaped = escapeMarkdown(name);
    expect(escaped).not.toMatch(/[<>\n]|(^|[^\\])[[\]()!`#]/);
    expect(escaped).not.toMatch(/&(?!amp;|lt;|gt;)/);
  });

  test('plain names stay readable', () => {
    expect(escapeMarkdown('analytics.größe v47')).toBe('analytics.größe v47');
  });
});

describe('the block', () => {
  test('tells of each table the version, when it was committed, and its id', () => {
    const { committedAt: _, ...undated } = aStampedTable({ alias: 'labels', version: 0 });
    const block = dataBlock(aStamp({ tables: [aStampedTable(), undated] }));
    expect(block.split('\n')).toEqual([
      '**Trained on** (stamped by asof 2026\\-03\\-02T00:00:01.000Z)',
      '',
      '- features: **analytics.features version 47**, committed 2026\\-03\\-01T04:10:00.000Z, table id 5fba94ed\\-0000\\-4000\\-8000\\-000000000001',
      '- labels: **analytics.features version 0**, table id 5fba94ed\\-0000\\-4000\\-8000\\-000000000001',
    ]);
  });

  test('is made of nothing that a name could break', () => {
    const ref = `x** <b>\n${end}`;
    const block = dataBlock(aStamp({ tables: [aStampedTable({ alias: ref, ref, id: ref })] }));
    expect(block).not.toContain(end);
    expect(block.split('\n')).toHaveLength(3);
    expect(block).not.toContain('<');
  });
});

describe('in a description', () => {
  const block = (text: string) => `${begin}\n\n${text}\n\n${end}`;

  test.each([
    { before: '', after: block('new'), why: 'alone' },
    { before: ' \n', after: block('new'), why: 'in the place of blanks' },
    { before: 'mine', after: `mine\n\n${block('new')}`, why: 'behind what people wrote' },
    { before: 'mine\n\n\n', after: `mine\n\n${block('new')}`, why: 'a line further' },
    { before: block('old'), after: block('new'), why: 'in the place of the old one' },
    {
      before: `above\n\n${block('old')}\n\nbelow`,
      after: `above\n\n${block('new')}\n\nbelow`,
      why: 'between what people wrote around it',
    },
    {
      before: `above\n${begin}\nbelow`,
      after: `above\n${begin}\nbelow\n\n${block('new')}`,
      why: 'behind a beginning whose end somebody took away',
    },
    {
      before: `${begin}\nmine\n\n${block('old')}`,
      after: `${begin}\nmine\n\n${block('new')}`,
      why: 'and there again, without what stands between',
    },
    {
      before: `${end}\nmine\n${block('old')}`,
      after: `${end}\nmine\n${block('new')}`,
      why: 'behind an end without a beginning',
    },
  ])('it stands $why', ({ before, after }) => {
    expect(withBlock(before, 'new')).toBe(after);
    expect(withBlock(after, 'new')).toBe(after);
  });

  test('signs that mean something to a replacement are kept', () => {
    expect(withBlock(block('old'), "$& $1 $' $$")).toBe(block("$& $1 $' $$"));
  });
});

describe('a model version', () => {
  test('gets the tag and the block, and keeps its other tags and its text', async () => {
    const version = aModelVersion({ description: 'mine', tags: { owner: 'ml' } });
    const registry = fakeRegistry({ versions: [version] });
    const tables = [aStampedTable(), aStampedTable({ alias: 'b', ref: '/t/b', version: 0 })];
    await annotateModel(registry.models, version, aStamp({ tables }));
    const annotated = registry.version('churn_model', 3);
    expect(annotated.tags).toEqual({
      owner: 'ml',
      'asof.data': 'analytics.features@v47, /t/b@v0',
    });
    expect(annotated.description).toBe(withBlock('mine', dataBlock(aStamp({ tables }))));
  });

  test('noted twice has one block', async () => {
    const registry = fakeRegistry({ versions: [aModelVersion()] });
    await annotateModel(registry.models, registry.version('churn_model', 3), aStamp());
    const once = registry.version('churn_model', 3);
    await annotateModel(registry.models, once, aStamp());
    expect(registry.version('churn_model', 3)).toEqual(once);
  });

  test('is noted from the stamp on its run', async () => {
    const run = aRun({ tags: recordOf(aStamp()).tags });
    const registry = fakeRegistry({ runs: [run], versions: [aModelVersion()] });
    await annotateFromRun(registry, aModelVersion());
    expect(registry.version('churn_model', 3).tags).toEqual({
      'asof.data': 'analytics.features@v47',
    });
  });

  test('is not registered from a run whose stamp cannot be read', async () => {
    const run = aRun({ tags: { 'asof.stamp': '{' } });
    const { runs, models } = fakeRegistry({ runs: [run] });
    const register = vi.fn(models.register);
    const made = registerFromRun(
      { runs, models: { ...models, register } },
      { name: 'churn_model', runId: run.id },
    );
    await expect(made).rejects.toMatchObject({ code: 'STAMP_INVALID' });
    expect(register).not.toHaveBeenCalled();
  });

  test.each([
    { registered: aModelVersion(), why: 'of a run without a stamp' },
    {
      registered: { name: 'churn_model', version: 3, aliases: [], tags: {} },
      why: 'without a run',
    },
  ])('$why is left as it is', async ({ registered }) => {
    const registry = fakeRegistry({ runs: [aRun()], versions: [registered] });
    await annotateFromRun(registry, registered);
    expect(registry.version('churn_model', 3)).toEqual(registered);
  });
});
