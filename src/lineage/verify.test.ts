import {
  appendFile,
  chmod,
  cp,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aRun } from '../../test/support/builders.ts';
import { commitPath, copyTable, temporaryFolder } from '../../test/support/tables.ts';
import { connectTables } from '../connect-tables.ts';
import { parseTableName } from '../delta/table-ref.ts';
import { openLedger } from '../registry/ledger/ledger.ts';
import { sealed } from './manifest.ts';
import { pinTables } from './pin.ts';
import { rehydrate } from './rehydrate.ts';
import { manifestSchema } from './result/manifest.ts';
import { stampOf } from './stamp.ts';
import { stampRun } from './stamp-run.ts';
import { type VerifyOptions, verifyRun, verifyVersion } from './verify.ts';
import { isRehydrated, verifyFolder } from './verify-folder.ts';

const now = Date.parse('2026-12-01T12:00:00Z');

/** A run stamped with a version of a table that has deletion vectors. */
async function stamped({ version = 4, withRows = false } = {}) {
  const folder = await temporaryFolder();
  const location = await copyTable('customer_features', join(folder, 'features'));
  const ledger = openLedger(join(folder, 'asof.db'), () => now);
  const tables = connectTables({ tables: { 'a.features': location } }, { cwd: folder });
  const table = tables.open(parseTableName('a.features'));
  const run = await ledger.runs.start({});
  const request = { alias: 'features', table, moment: { kind: 'version', version } } as const;
  const pins = await pinTables([request], withRows ? { rowDigests: ledger.digests } : {});
  await stampRun(ledger, run.id, stampOf(pins, { at: now, asof: '0' }));
  const sources = { ...ledger, tables };
  return {
    folder,
    location,
    ledger,
    tables,
    table,
    sources,
    runId: run.id,
    verify: async (options: VerifyOptions = {}) => {
      const checks = await verifyRun(await ledger.runs.get(run.id), sources, options);
      return Object.fromEntries(checks.map((check) => [check.level, check]));
    },
    /** The data files, and the vectors, of the stamped version. */
    files: async () => {
      const snapshot = await table.snapshots.at(version);
      const found = [];
      for await (const batch of snapshot.files()) found.push(...batch);
      return found;
    },
  };
}

test('what nobody touched is the same', async () => {
  const { verify } = await stamped();
  const { stamp, log, files } = await verify();
  expect([stamp?.outcome, log?.outcome, files?.outcome]).toEqual(['same', 'same', 'same']);
  expect(files?.note).toMatch(/[1-9]\d* deletion vectors by checksum/);
});

describe('it is told, by name, when', () => {
  test('the stamp was edited on the run', async () => {
    const { verify, ledger, runId } = await stamped();
    const { tags } = await ledger.runs.get(runId);
    const edited = tags['asof.stamp']?.replace('"version":4', '"version":5') ?? '';
    await ledger.runs.record(runId, { tags: { 'asof.stamp': edited } });
    expect((await verify())['stamp']).toMatchObject({
      outcome: 'differs',
      differences: ['features: version is 5, was 4'],
    });
  });

  test('the table was dropped and made again', async () => {
    const { verify, location } = await stamped();
    await rm(location, { recursive: true });
    await copyTable('user_metadata', location);
    expect((await verify())['log']).toMatchObject({
      outcome: 'differs',
      differences: [expect.stringContaining('dropped and made again')],
    });
  });

  test('the table was moved: it is the same', async () => {
    const { verify, location, sources, folder, ledger, runId } = await stamped();
    const moved = join(folder, 'moved');
    await rename(location, moved);
    expect((await verify())['log']).toMatchObject({ outcome: 'unknown' });
    const tables = connectTables({ tables: { 'a.features': moved } }, { cwd: folder });
    const [, log] = await verifyRun(await ledger.runs.get(runId), { ...sources, tables }, {});
    expect(log).toMatchObject({
      outcome: 'same',
      note: expect.stringContaining(`lies at ${moved}`),
    });
  });

  test('the log was rewritten', async () => {
    const { verify, location } = await stamped();
    for (const version of [1, 2, 3, 4]) {
      const commit = commitPath(location, version);
      const text = await readFile(commit, 'utf8');
      await writeFile(commit, text.replace(/"size":(\d)/g, '"size":9$1'));
    }
    expect((await verify())['log']).toMatchObject({
      outcome: 'differs',
      differences: [expect.stringContaining('the log was rewritten')],
    });
  });

  test('the log no longer gives the version', async () => {
    const { verify, location } = await stamped();
    await rm(commitPath(location, 0));
    expect((await verify())['log']).toMatchObject({
      outcome: 'differs',
      differences: [expect.stringContaining('has a gap')],
    });
  });

  test('a data file is gone, or has another size', async () => {
    const { verify, files } = await stamped();
    const [first, second] = await files();
    await rm(first?.location ?? '');
    await appendFile(second?.location ?? '', 'x');
    const check = (await verify())['files'];
    expect(check?.outcome).toBe('differs');
    expect(check?.differences.join()).toContain(`${first?.path} is gone`);
    expect(check?.differences.join()).toContain(
      `${second?.path} has ${(second?.sizeBytes ?? 0) + 1}`,
    );
  });

  test('a data file was changed in place, once it was looked at', async () => {
    const { verify, files, ledger } = await stamped();
    const isDeep = true;
    expect((await verify({ isDeep }))['content']).toMatchObject({
      outcome: 'unknown',
      note: expect.stringContaining('for the first time'),
    });
    expect((await verify({ isDeep }))['content']).toMatchObject({
      outcome: 'same',
      differences: [],
    });
    const [first] = await files();
    await flipByte(first?.location ?? '', 100);
    expect((await verify())['files']).toMatchObject({ outcome: 'same' });
    expect((await verify({ isDeep }))['content']).toMatchObject({
      outcome: 'differs',
      differences: [expect.stringContaining(`${first?.path} has other content`)],
    });
    expect((await ledger.journal.check()).problems).toEqual([]);
  });

  test('a deletion vector was changed, or is gone', async () => {
    const { verify, files, location } = await stamped();
    const holders = (await files()).filter(({ deletionVector }) => deletionVector);
    const paths = holders.map(({ path }) => path);
    const { readdir } = await import('node:fs/promises');
    const vectors = (await readdir(location)).filter((name) => name.endsWith('.bin'));
    expect(vectors.length).toBeGreaterThan(0);
    for (const name of vectors) await flipByte(join(location, name), 12);
    expect((await verify())['files']).toMatchObject({
      outcome: 'differs',
      differences: [expect.stringMatching(`^the deletion vector of (${paths.join('|')}): `)],
    });
    for (const name of vectors) await rm(join(location, name));
    expect((await verify())['files']?.differences.join()).toContain('is gone');
  });
});

test('a table that was set back later is the same, and that is said', async () => {
  const folder = await temporaryFolder();
  const location = await copyTable('restored', join(folder, 'restored'));
  const ledger = openLedger(join(folder, 'asof.db'), () => now);
  const tables = connectTables({ tables: {} }, { cwd: folder });
  const table = tables.open({ kind: 'location', text: location });
  const notes = async (version: number) =>
    (await verifyVersion(table, version, { ...ledger, tables }, {})).map(({ note }) => note);
  expect((await notes(3))[0]).toContain(
    '; v4 set the table back to v1; v6 set the table back to v2',
  );
  expect((await notes(4))[0]).toMatch(/; v6 set the table back to v2$/);
  expect((await notes(6))[0]).not.toContain('set the table back');
});

describe('rows', () => {
  const withRows = true;

  test('are the same as stamped, and known files are not read again', async () => {
    const { verify } = await stamped({ withRows });
    expect((await verify({ withRows }))['rows']).toMatchObject({
      outcome: 'same',
      note: expect.stringMatching(/^[1-9]\d* rows by their digest against the stamp; 0 of [1-9]/),
    });
    expect((await verify())['rows']).toBeUndefined();
  });

  test('that no stamp tells of are noted the first time, and compared from then on', async () => {
    const { verify } = await stamped();
    expect((await verify({ withRows }))['rows']).toMatchObject({
      outcome: 'unknown',
      note: expect.stringContaining('for the first time'),
    });
    expect((await verify({ withRows }))['rows']).toMatchObject({
      outcome: 'same',
      note: expect.stringContaining('against an earlier look'),
    });
  });

  test('of a later version are read from the files that are new', async () => {
    const { table, sources } = await stamped();
    const rows = async (version: number) =>
      (await verifyVersion(table, version, sources, { withRows })).find(
        ({ level }) => level === 'rows',
      )?.note;
    expect(await rows(5)).not.toContain('files read');
    expect(await rows(6)).toMatch(/; [1-9] of [2-9] files read, the others were known$/);
  });

  test('differ when a file was changed in place, whatever is known of it', async () => {
    const { verify, files } = await stamped({ withRows });
    const [first] = await files();
    const path = first?.location ?? '';
    await flipByte(path, 6);
    const changed = (await verify({ withRows }))['rows'];
    expect(changed?.outcome).toBe('differs');
    await rm(path);
    expect((await verify({ withRows }))['rows']).toMatchObject({
      outcome: 'differs',
      differences: [expect.stringContaining('1 of')],
    });
  });

  test('differ from another stamped digest', async () => {
    const { verify, ledger, runId } = await stamped({ withRows });
    const { tags } = await ledger.runs.get(runId);
    const edited = tags['asof.stamp']?.replace(/rows-v1:./, 'rows-v1:x') ?? '';
    await ledger.runs.record(runId, { tags: { 'asof.stamp': edited } });
    const { stamp, rows } = await verify({ withRows });
    expect([stamp?.outcome, rows?.outcome]).toEqual(['differs', 'differs']);
    expect(rows?.differences.join()).toMatch(
      /^row digest rows-v1:[0-9a-f]{64}, stamped was rows-v1:x/,
    );
  });
});

test('without a copy in this ledger nobody can tell about the stamp, and that is said', async () => {
  const { sources, ledger, runId, folder } = await stamped();
  const { journal } = openLedger(join(folder, 'other.db'));
  const [stamp] = await verifyRun(await ledger.runs.get(runId), { ...sources, journal }, {});
  expect(stamp).toMatchObject({ level: 'stamp', outcome: 'unknown' });
});

test('a run without a stamp has nothing to compare with', async () => {
  const { sources } = await stamped();
  expect(await verifyRun(aRun(), sources, {})).toMatchObject([{ outcome: 'unknown' }]);
});

test('a version of a table is compared with any stamp of it that the ledger knows', async () => {
  const { table, sources } = await stamped();
  const outcomes = async (version: number) =>
    (await verifyVersion(table, version, sources, {})).map(({ level, outcome }) => [
      level,
      outcome,
    ]);
  expect(await outcomes(4)).toEqual([
    ['log', 'same'],
    ['files', 'same'],
  ]);
  expect(await outcomes(3)).toEqual([
    ['log', 'unknown'],
    ['files', 'same'],
  ]);
});

describe('a rehydrated folder', () => {
  async function rehydrated() {
    const { table, folder } = await stamped();
    const out = join(folder, 'data');
    await rehydrate([{ alias: 'features', table, version: 4 }], { out, asof: '0', now: () => now });
    return out;
  }
  const outcomeOf = async (folder: string) => {
    const [check, ...others] = await verifyFolder(folder);
    expect(others).toEqual([]);
    return [check?.outcome, ...(check?.differences ?? [])];
  };

  test('is missed by those that were written with it', async () => {
    const { table, folder } = await stamped();
    const out = join(folder, 'data');
    const wanted = ['features', 'labels', 'more'].map((alias) => ({ alias, table, version: 4 }));
    await rehydrate(wanted, { out, asof: '0', now: () => now });
    const outcomes = async (of: string) =>
      (await verifyFolder(of)).map(({ subject, outcome }) => [subject, outcome]);
    expect(await outcomes(out)).toEqual(wanted.map(({ alias }) => [join(out, alias), 'same']));
    await rm(join(out, 'labels'), { recursive: true });
    await rm(join(out, 'more', '_asof.json'));
    expect(await outcomes(out)).toEqual([
      [join(out, 'features'), 'same'],
      [join(out, 'labels'), 'differs'],
      [join(out, 'more'), 'differs'],
    ]);
    expect(await outcomes(join(out, 'features'))).toEqual([[join(out, 'features'), 'same']]);
  });

  test('is the same wherever it is copied', async () => {
    const out = await rehydrated();
    expect(await outcomeOf(out)).toEqual(['same']);
    await cp(out, `${out}-copied`, { recursive: true });
    await utimes(join(`${out}-copied`, 'part-00000.parquet'), 1, 1);
    expect(await outcomeOf(`${out}-copied`)).toEqual(['same']);
  });

  test.each([
    {
      change: (out: string) => flipByte(join(out, 'part-00000.parquet'), 50),
      told: 'part-00000.parquet has other content',
      why: 'a file was changed in place',
    },
    {
      change: (out: string) => appendFile(join(out, 'part-00000.parquet'), 'x'),
      told: 'bytes, the manifest says',
      why: 'a file got longer',
    },
    {
      change: (out: string) => rm(join(out, 'part-00000.parquet')),
      told: 'part-00000.parquet is gone',
      why: 'a file is gone',
    },
    {
      change: async (out: string) => {
        await rm(join(out, 'part-00000.parquet'));
        await symlink('not-mounted', join(out, 'part-00000.parquet'));
      },
      told: 'part-00000.parquet is gone',
      why: 'a link stands for a file and leads nowhere',
    },
    {
      change: async (out: string) => {
        await rm(join(out, '_asof.json'));
        await symlink('not-mounted', join(out, '_asof.json'));
      },
      told: '_asof.json is not as asof writes it',
      why: 'a link stands for the manifest and leads nowhere',
    },
    {
      change: (out: string) => writeFile(join(out, 'part-00001.parquet'), ''),
      told: 'part-00001.parquet is not in the manifest',
      why: 'a file came in',
    },
    {
      change: async (out: string) => {
        const path = join(out, '_asof.json');
        await writeFile(
          path,
          (await readFile(path, 'utf8')).replace('"version": 4', '"version": 5'),
        );
      },
      told: '_asof.json was edited',
      why: 'the manifest was edited',
    },
    {
      change: (out: string) => writeFile(join(out, '_asof.json'), '{}'),
      told: '_asof.json is not as asof writes it',
      why: 'the manifest is another',
    },
  ])('differs when $why', async ({ change, told }) => {
    const out = await rehydrated();
    await change(out);
    const [outcome, ...differences] = await outcomeOf(out);
    expect(outcome).toBe('differs');
    expect(differences.join()).toContain(told);
  });

  test('is unknown where a newer asof wrote the manifest, and nobody edited that', async () => {
    const out = await rehydrated();
    const path = join(out, '_asof.json');
    const { seal: _, ...manifest } = manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    const newer = { ...manifest, later: { field: 1 } };
    await writeFile(path, JSON.stringify(sealed(newer)));
    expect(await outcomeOf(out)).toEqual(['unknown']);
    await writeFile(path, JSON.stringify({ ...sealed(newer), later: { field: 2 } }));
    expect((await outcomeOf(out))[0]).toBe('differs');
  });

  test('is none where a folder has the name of the manifest', async () => {
    const out = await rehydrated();
    await rm(join(out, '_asof.json'));
    await mkdir(join(out, '_asof.json'));
    expect(await isRehydrated(out)).toBe(false);
  });

  test('is none where no folder can be', async () => {
    const folder = await temporaryFolder();
    await symlink('loop', join(folder, 'loop'));
    for (const name of ['nowhere', 'x'.repeat(300), 'loop']) {
      expect(await isRehydrated(join(folder, name))).toBe(false);
    }
  });

  // Whoever may do everything is denied nothing.
  test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'that may not be read is said to be denied',
    async () => {
      const out = await rehydrated();
      await chmod(out, 0o000);
      try {
        const denied = { code: 'ACCESS_DENIED', details: { path: out } };
        await expect(isRehydrated(out)).rejects.toMatchObject(denied);
        await expect(verifyFolder(out)).rejects.toMatchObject(denied);
      } finally {
        await chmod(out, 0o700);
      }
    },
  );
});

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  await writeFile(path, bytes);
}
