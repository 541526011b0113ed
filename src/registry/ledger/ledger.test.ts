import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/tables.ts';
import { ledgerDatabase } from './database.ts';
import { openLedger } from './ledger.ts';

const aPath = async () => join(await temporaryFolder(), 'asof.db');

/** What is in the file, asked past the ledger. */
function rowsIn(path: string, sql: string): unknown[] {
  const database = new Database(path);
  try {
    return database.prepare(sql).all([]);
  } finally {
    database.close();
  }
}

describe('the file', () => {
  test('is not made by reading: an absent ledger is an empty one', async () => {
    const path = join(await temporaryFolder(), 'deep', 'down', 'asof.db');
    const { runs, models, close } = openLedger(path);
    for await (const _ of models.models()) expect.unreachable('there is no model');
    await expect(runs.get('x')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(models.model('x')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    expect(await models.versionsOfRun('x')).toEqual([]);
    close();
    expect(existsSync(join(path, '..'))).toBe(false);
  });

  test('is not an absent one where a link to it leads nowhere', async () => {
    const path = await aPath();
    await symlink(join(path, '..', 'not-mounted', 'asof.db'), path);
    const { models, close } = openLedger(path);
    await expect(models.model('x')).rejects.toMatchObject({ code: 'LEDGER_UNUSABLE' });
    close();
  });

  // Whoever may do everything is denied nothing.
  test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'is not an absent one in a folder that may not be entered',
    async () => {
      const path = await aPath();
      const { runs, close } = openLedger(path);
      await runs.start({});
      close();
      await chmod(join(path, '..'), 0o000);
      const { models, ...denied } = openLedger(path);
      try {
        await expect(models.model('x')).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
      } finally {
        denied.close();
        await chmod(join(path, '..'), 0o700);
      }
    },
  );

  test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'is not called damaged where only permissions keep it from being opened, or made',
    async () => {
      const path = await aPath();
      const { runs, close } = openLedger(path);
      await runs.start({});
      close();
      await chmod(path, 0o000);
      const unreadable = openLedger(path);
      await expect(unreadable.models.model('x')).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
      unreadable.close();
      await rm(path);
      await chmod(join(path, '..'), 0o500);
      const unwritable = openLedger(path);
      await expect(unwritable.runs.start({})).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
      unwritable.close();
    },
  );

  test('is not made where the VACUUM of a table would delete it', async () => {
    const table = join(await aPath(), '..');
    await mkdir(join(table, '_delta_log'));
    for (const name of ['asof.db', join('below', 'asof.db')]) {
      const { runs, close } = openLedger(join(table, name));
      await expect(runs.start({})).rejects.toMatchObject({ code: 'LEDGER_UNUSABLE' });
      close();
    }
    const link = join(await temporaryFolder(), 'link');
    await symlink(table, link);
    const { runs, close } = openLedger(join(link, 'asof.db'));
    await expect(runs.start({})).rejects.toMatchObject({ code: 'LEDGER_UNUSABLE' });
    close();
    expect(await readdir(table)).toEqual(['_delta_log']);
    const hidden = openLedger(join(table, '.asof', 'asof.db'));
    await expect(hidden.runs.start({})).resolves.toMatchObject({});
    hidden.close();
  });

  test('is made by the first thing to keep, with the folders above it', async () => {
    const path = join(await temporaryFolder(), 'deep', 'down', 'asof.db');
    const { runs, close } = openLedger(path);
    await runs.start({});
    close();
    expect(existsSync(path)).toBe(true);
  });

  test('is seen by who read before it was made', async () => {
    const path = await aPath();
    const [reader, writer] = [openLedger(path), openLedger(path)];
    await expect(reader.runs.get('x')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    const run = await writer.runs.start({ name: 'nightly' });
    expect(await reader.runs.get(run.id)).toEqual(run);
    reader.close();
    writer.close();
  });

  test('keeps what it has when it is closed and opened again', async () => {
    const path = await aPath();
    const first = openLedger(path);
    const run = await first.runs.start({ name: 'é "quoted"' });
    first.close();
    first.close();
    const second = openLedger(path);
    expect(await second.runs.get(run.id)).toEqual(run);
    second.close();
  });

  test('may have any name', async () => {
    for (const name of ["it's.db", 'a b%20?mode=ro#x.db', 'größe.db', 'file:x.db']) {
      const path = join(await temporaryFolder(), name);
      const { runs, close } = openLedger(path);
      const run = await runs.start({});
      expect(await runs.get(run.id)).toEqual(run);
      close();
      expect(existsSync(path)).toBe(true);
    }
  });
});

describe('what is no ledger is said, and left as it is', () => {
  const failureOf = async (path: string, ask: 'read' | 'write') => {
    const { runs, close } = openLedger(path);
    const work = ask === 'read' ? runs.get('x') : runs.start({});
    const error = await work.then(
      () => expect.unreachable('it worked'),
      (failure) => failure,
    );
    close();
    return error;
  };

  test.each(['read', 'write'] as const)('a file of something else (%s)', async (ask) => {
    const path = await aPath();
    const text = 'this is no database, but it is long enough to have a header\n'.repeat(20);
    await writeFile(path, text);
    expect(await failureOf(path, ask)).toMatchObject({
      code: 'LEDGER_UNUSABLE',
      details: { path },
    });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test.each(['read', 'write'] as const)('a folder (%s)', async (ask) => {
    const path = await aPath();
    await mkdir(path);
    expect(await failureOf(path, ask)).toMatchObject({
      code: 'LEDGER_UNUSABLE',
      details: { path },
    });
  });

  test.each(['read', 'write'] as const)('a ledger of a newer asof (%s)', async (ask) => {
    const path = await aPath();
    const database = new Database(path);
    database.exec('CREATE TABLE of_the_future (x)');
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(await failureOf(path, ask)).toMatchObject({
      code: 'LEDGER_UNUSABLE',
      details: { path, problem: expect.stringContaining('format 99') },
    });
    expect(rowsIn(path, 'SELECT name FROM sqlite_master')).toEqual([{ name: 'of_the_future' }]);
  });

  test.each([
    ['read', 'runs'],
    ['write', 'runs'],
    ['read', 'theirs'],
    ['write', 'theirs'],
  ] as const)("somebody else's database (%s, with a table %s)", async (ask, table) => {
    const path = await aPath();
    const database = new Database(path);
    database.exec(`CREATE TABLE ${table} (theirs TEXT)`);
    database.close();
    expect(await failureOf(path, ask)).toMatchObject({
      code: 'LEDGER_UNUSABLE',
      details: { path, problem: 'it is a database of something else' },
    });
    expect(rowsIn(path, 'SELECT name FROM sqlite_master')).toEqual([{ name: table }]);
  });

  test('a path through a file', async () => {
    const path = await aPath();
    await writeFile(path, 'x');
    const below = join(path, 'asof.db');
    expect(await failureOf(below, 'write')).toMatchObject({ code: 'LEDGER_UNUSABLE' });
    expect(await failureOf(below, 'read')).toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  test('an empty file becomes a ledger', async () => {
    const path = await aPath();
    await writeFile(path, '');
    const { runs, close } = openLedger(path);
    await expect(runs.get('x')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    const run = await runs.start({});
    expect(await runs.get(run.id)).toEqual(run);
    close();
  });
});

describe('what is written', () => {
  test.each(['new\nline', '\u001b[31mred', ' churn'])('is no model called %j', async (name) => {
    const { runs, models, close } = openLedger(await aPath());
    const run = await runs.start({});
    const registered = models.register({ name, runId: run.id });
    await expect(registered).rejects.toMatchObject({ code: 'NAME_INVALID', details: { name } });
    close();
  });

  test('is written wholly or not at all', async () => {
    const path = await aPath();
    const { runs, close } = openLedger(path);
    const run = await runs.start({});
    await runs.record(run.id, { params: { version: '46' } });
    const refused = runs.record(run.id, {
      params: { first: 'x', version: '47' },
      tags: { a: 'b' },
      metrics: { m: 1 },
    });
    await expect(refused).rejects.toMatchObject({ code: 'RUN_ALREADY_STAMPED' });
    expect(await runs.get(run.id)).toMatchObject({
      params: { version: '46' },
      tags: {},
      metrics: {},
    });
    close();
  });

  test('waits for who is writing, and says so when that takes too long', async () => {
    const path = await aPath();
    const ledger = ledgerDatabase(path, 50);
    const insert = () => ledger.write((run) => run("INSERT INTO models VALUES ('x', NULL, 0)"));
    insert();
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    expect(insert).toThrow(expect.objectContaining({ code: 'LEDGER_BUSY', details: { path } }));
    other.exec('ROLLBACK');
    other.close();
    ledger.write((run) => run("INSERT INTO models VALUES ('y', NULL, 0)"));
    ledger.close();
  });

  test('has the times of the clock that it was given', async () => {
    const { runs, models, close } = openLedger(await aPath(), () => 47);
    const run = await runs.start({});
    await runs.end(run.id, 'FINISHED');
    expect(await runs.get(run.id)).toMatchObject({ startedAt: 47, endedAt: 47 });
    const version = await models.register({ name: 'churn', runId: run.id });
    expect(version).toMatchObject({ createdAt: 47, updatedAt: 47 });
    close();
  });

  test('as a change of stage or alias is kept as a transition, with its time', async () => {
    const path = await aPath();
    let clock = 0;
    const { runs, models, close } = openLedger(path, () => ++clock);
    const { id: runId } = await runs.start({});
    await models.register({ name: 'churn', runId });
    await models.register({ name: 'churn', runId });
    await models.setStage('churn', 1, 'Production');
    await models.setStage('churn', 2, 'Production', { archiveOthers: true });
    await models.setAlias('churn', 2, 'champion');
    await models.setStage('churn', 2, 'None');
    close();
    const transitions = rowsIn(path, 'SELECT version, kind, what, at FROM transitions ORDER BY id');
    expect(transitions).toMatchObject([
      { version: 1, kind: 'registered', what: runId },
      { version: 2, kind: 'registered', what: runId },
      { version: 1, kind: 'stage', what: 'Production' },
      { version: 2, kind: 'stage', what: 'Production' },
      { version: 1, kind: 'stage', what: 'Archived' },
      { version: 2, kind: 'alias', what: 'champion' },
      { version: 2, kind: 'stage', what: 'None' },
    ]);
    const times = transitions.map((row) => (row as { at: number }).at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});

describe('the journal', () => {
  const entry = { store: 'MLflow at http://x', runId: '828a', stamp: '{"v":1}' };

  test('keeps an entry once, however often it comes', async () => {
    const path = await aPath();
    const { journal, close } = openLedger(path, () => 47);
    await journal.keep(entry);
    await journal.keep(entry);
    close();
    expect(rowsIn(path, 'SELECT at, store, run_id, stamp FROM stamps')).toEqual([
      { at: 47, store: entry.store, run_id: entry.runId, stamp: entry.stamp },
    ]);
  });

  test.each([
    { other: { store: 'the ledger' }, why: 'of another store' },
    { other: { runId: '828b' }, why: 'of another run' },
    { other: { stamp: '{"v":1,"x":2}' }, why: 'of another stamp' },
  ])('keeps one $why too', async ({ other }) => {
    const path = await aPath();
    const { journal, close } = openLedger(path);
    await journal.keep(entry);
    await journal.keep({ ...entry, ...other });
    close();
    expect(rowsIn(path, 'SELECT count(*) AS n FROM stamps')).toEqual([{ n: 2 }]);
  });
});

test('a mistyped run gets the nearest one named', async () => {
  const { runs, close } = openLedger(await aPath());
  const { id } = await runs.start({});
  await runs.start({});
  const typo = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`;
  await expect(runs.get(typo)).rejects.toMatchObject({
    code: 'RUN_NOT_FOUND',
    details: { runId: typo, closest: id },
  });
  close();
});
