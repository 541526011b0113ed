import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { warehouseSettings } from '../../src/delta/databricks/settings.ts';
import { warehouseSession } from '../../src/delta/databricks/warehouse-session.ts';
import { warehouseTable } from '../../src/delta/databricks/warehouse-table.ts';
import { writeRows } from '../../src/delta/duckdb/row-writer.ts';
import { formatType } from '../../src/delta/schema.ts';
import { connectTables, isLineageError, parseTableName } from '../../src/index.ts';
import { copyResult } from '../../src/lineage/result/copy.ts';
import { digestResult } from '../../src/lineage/result/digest.ts';
import { holdLine } from '../../src/lineage/result/hold.ts';
import { rehydrateResult } from '../../src/lineage/result/rehydrate.ts';
import { runResult } from '../../src/lineage/result/run.ts';
import { showResult } from '../../src/lineage/result/show.ts';
import { traceResult } from '../../src/lineage/result/trace.ts';
import { verifyResult } from '../../src/lineage/result/verify.ts';
import { canonicalRows } from '../support/canonical-rows.ts';
import { asofIn } from './support/asof.ts';
import { customers } from './support/customers.ts';
import { type MlflowServer, startMlflow } from './support/mlflow-server.ts';
import { sparkPython } from './support/spark.ts';
import { startTestWarehouse, type TestWarehouse } from './support/warehouse.ts';

const python = sparkPython ?? '';
const train = fileURLToPath(new URL('support/train.py', import.meta.url));
const table = 'analytics.customer_features';

// Under load one statement may take seconds.
describe.skipIf(sparkPython === undefined)('a SQL warehouse', { timeout: 600_000 }, () => {
  let warehouse: TestWarehouse;
  let mlflow: MlflowServer;
  let project: string;
  beforeAll(async () => {
    project = mkdtempSync(join(tmpdir(), 'asof-warehouse-project-'));
    [warehouse, mlflow] = await Promise.all([startTestWarehouse(python), startMlflow(python)]);
    await warehouse.sql('CREATE SCHEMA analytics');
    await warehouse.sql(`CREATE TABLE ${table} AS ${customers(1, 300, 1)}`);
    await warehouse.sql(`INSERT INTO ${table} ${customers(301, 100, 2)}`);
    await warehouse.sql(`DELETE FROM ${table} WHERE customer_id % 23 = 0`);
  }, 600_000);
  afterAll(async () => {
    await Promise.all([warehouse?.stop(), mlflow?.stop()]);
    rmSync(project, { recursive: true, force: true });
  });

  /** The program, with nothing but the warehouse to read tables through. */
  const asof = (env: Readonly<Record<string, string | undefined>> = {}) =>
    asofIn(project, {
      ...warehouse.env,
      ASOF_ENGINE: 'warehouse',
      MLFLOW_TRACKING_URI: mlflow.url,
      REGISTER_AS: 'churn_model',
      ...env,
    });

  const failure = async (env: Readonly<Record<string, string>>, ...args: readonly string[]) => {
    const { exitCode, stderr } = await asof(env).run(...args, '--json');
    const last = stderr.trim().split('\n').at(-1) ?? '';
    return { exitCode, ...JSON.parse(last).error };
  };

  const open = (name: string) =>
    warehouseTable(warehouse.session, name.split('.'), { now: Date.now, writer: writeRows });

  describe('tells the story by name', () => {
    let stamped: ReturnType<typeof runResult.parse>;
    beforeAll(async () => {
      stamped = runResult.parse(
        await asof().json(
          ...['run', '--table', `features=${table}@v1`, '--experiment', 'churn', '--rehydrate'],
          ...['--', python, '-W', 'ignore', train, '--copy'],
        ),
      );
      await warehouse.sql(`INSERT OVERWRITE ${table} ${customers(1, 200, 5)}`);
    }, 600_000);

    test('a training is stamped with the version, the table id and no digest, since there is none', () => {
      expect(stamped).toMatchObject({
        status: 'FINISHED',
        tables: [{ alias: 'features', ref: table, version: 1, digest: null }],
        models: [{ name: 'churn_model', version: 1 }],
      });
    });

    test('trace finds it', async () => {
      const result = traceResult.parse(await asof().json('trace', 'models:/churn_model/1'));
      expect(result.links).toMatchObject([
        {
          table: { ref: table, id: stamped.tables[0]?.id },
          version: 1,
          operation: 'WRITE',
          certainty: 'stamped',
          conflicts: [],
          state: 'unknown',
        },
      ]);
    });

    test('rehydrate gives the same rows, and the same training comes of them', async () => {
      const result = rehydrateResult.parse(
        await asof().json('rehydrate', 'models:/churn_model/1', '--out', 'again'),
      );
      const expected = await warehouse.sql(`SELECT count(*) n FROM ${table} VERSION AS OF 1`);
      expect(result.tables[0]?.manifest).toMatchObject({
        rows: Number(expected[0]?.['n']),
        digest: null,
      });
      expect(readdirSync(join(project, 'again')).sort()).toEqual([
        '_asof.json',
        'part-00000.parquet',
      ]);

      const again = runResult.parse(
        await asof({ REGISTER_AS: undefined }).json(
          ...[
            'run',
            '--table',
            `features=${table}@v1`,
            '--rehydrate',
            '--',
            python,
            '-W',
            'ignore',
            train,
          ],
          '--copy',
        ),
      );
      const metrics = async (runId: string) => {
        const response = await fetch(`${mlflow.url}/api/2.0/mlflow/runs/get?run_id=${runId}`);
        const { run } = (await response.json()) as {
          run: { data: { metrics: readonly { key: string; value: number }[] } };
        };
        return Object.fromEntries(run.data.metrics.map(({ key, value }) => [key, value]));
      };
      const first = await metrics(stamped.runId);
      expect(first).toHaveProperty('test_loss');
      expect(await metrics(again.runId)).toEqual(first);
    });
  });

  describe('holds a version', () => {
    const source = 'analytics.to_hold';
    const held = (lines: string) =>
      holdLine.parse(JSON.parse(lines.trim().split('\n').at(-1) ?? ''));
    const asked = async (...args: readonly string[]) => (await asof().run(...args)).stdout;
    let runId: string;
    beforeAll(async () => {
      await warehouse.sql(`CREATE TABLE ${source} AS ${customers(1, 50, 1)}`);
      const run = await asof({ REGISTER_AS: undefined }).json(
        ...['run', '--table', `features=${source}`, '--row-digest', '--'],
        ...[process.execPath, '-e', '0'],
      );
      ({ runId } = runResult.parse(run));
      await warehouse.sql(`INSERT OVERWRITE ${source} ${customers(1, 20, 5)}`);
    }, 600_000);

    test('as a table of its own, once, and says where it needs to be told', async () => {
      expect(await failure({}, 'hold', `runs:/${runId}`)).toMatchObject({
        code: 'COPY_UNSUPPORTED',
        hint: expect.stringContaining('--into catalog.schema'),
      });
      const made = held(await asked('hold', `runs:/${runId}`, '--into', 'analytics', '--json'));
      expect(made).toMatchObject({ outcome: 'held', rows: 50, version: 0, digest: null });
      expect(made.rowDigest).toMatch(/^rows-v1:/);
      expect(made.path).toMatch(/^analytics\.asof_hold_[0-9a-f_]{36}_v0$/);
      const again = held(await asked('hold', `runs:/${runId}`, '--into', 'analytics', '--json'));
      expect(again).toEqual({ ...made, outcome: 'was-held' });
    });

    test('that stands in for it when the original is gone', async () => {
      const [before] = await warehouse.sql(`SELECT count(*) n FROM ${source} VERSION AS OF 0`);
      expect(Number(before?.['n'])).toBe(50);
      const { checks } = verifyResult.parse(
        await asof().json('verify', `runs:/${runId}`, '--rows'),
      );
      expect(checks.find(({ level }) => level === 'rows')).toMatchObject({ outcome: 'same' });

      await warehouse.sql(`DROP TABLE ${source}`);
      const gone = verifyResult.parse(await asof().json('verify', `runs:/${runId}`, '--rows'));
      expect(gone.isSame).toBe(true);
      expect(gone.checks).toContainEqual(expect.objectContaining({ level: 'log', isHeld: true }));
      const { tables, warnings } = rehydrateResult.parse(
        await asof().json('rehydrate', `runs:/${runId}`, '--out', 'of-hold'),
      );
      expect(warnings).toContainEqual(expect.objectContaining({ code: 'HOLD_USED' }));
      expect(tables[0]?.manifest.rows).toBe(50);
    });

    test('and is dropped when it is released, unless it is another table by then', async () => {
      const [line] = (await asked('holds', '--json')).trim().split('\n');
      const { id, path } = held(line ?? '');
      await asked('release', id);
      expect(await open(path).facts.at(0)).toMatchObject({ version: 0 });
      await warehouse.sql(`CREATE OR REPLACE TABLE analytics.spare AS SELECT * FROM ${path}`);
      await warehouse.sql(`DROP TABLE ${path}`);
      await warehouse.sql(`CREATE TABLE ${path} AS SELECT * FROM analytics.spare`);
      expect(await failure({}, 'release', id, '--yes')).toMatchObject({ code: 'TABLE_REPLACED' });
      await warehouse.sql(`DROP TABLE ${path}`);
      await asked('release', id, '--yes');
      expect(await asked('holds', '--json')).toBe('');
    });

    test('a copy that a killed asof left is taken for it; other rows of that name are left alone', async () => {
      const other = 'analytics.to_hold_too';
      await warehouse.sql(`CREATE TABLE ${other} AS ${customers(1, 30, 1)}`);
      const { path } = held(await asked('hold', `${other}@v0`, '--into', 'analytics', '--json'));
      rmSync(join(project, 'asof.db'));
      const adopted = held(await asked('hold', `${other}@v0`, '--into', 'analytics', '--json'));
      expect(adopted).toMatchObject({ outcome: 'held', path });
      rmSync(join(project, 'asof.db'));
      await warehouse.sql(`DROP TABLE ${path}`);
      await warehouse.sql(`CREATE TABLE ${path} AS ${customers(1, 29, 1)}`);
      expect(await failure({}, 'hold', `${other}@v0`, '--into', 'analytics')).toMatchObject({
        code: 'TARGET_EXISTS',
      });
      expect(await open(path).facts.at(0)).toMatchObject({ version: 0 });
      // Released at last, by the name that it has.
      await warehouse.sql(`DROP TABLE ${path}`);
      const last = held(await asked('hold', `${other}@v0`, '--into', 'analytics', '--json'));
      await asked('release', last.id, '--yes');
      await expect(open(path).facts.at(0)).rejects.toMatchObject({
        code: 'TABLE_NOT_IN_WAREHOUSE',
      });
    });
  });

  test('says of a version, however it is asked for, whether it is the latest', async () => {
    const { history } = open(table);
    const last = await history.resolve({ kind: 'latest' });
    const first = await history.resolve({ kind: 'version', version: 0 });
    expect([first.isLatest, last.isLatest]).toEqual([false, true]);
    for (const known of [first, last]) {
      const { version, committedAt: instant = 0 } = known;
      expect(await history.resolve({ kind: 'version', version })).toEqual(known);
      expect(await history.resolve({ kind: 'instant', instant })).toEqual(known);
    }
  });

  describe('makes copies', () => {
    const plan = async (...args: readonly string[]) =>
      copyResult.parse(await asof().json('rehydrate', `${table}@v1`, ...args));

    test('of chosen rows, and says first what it would do', async () => {
      const args = [
        '--into',
        'analytics.few',
        '--columns',
        'customer_id,region',
        '--where',
        "region = 'EU'",
      ];
      const planned = await plan(...args, '--dry-run');
      expect(planned).toMatchObject({ kind: 'rows', copied: null, risks: [] });
      expect(planned.statement).toContain('VERSION AS OF 1');
      await expect(open('analytics.few').facts.at(0)).rejects.toMatchObject({
        code: 'TABLE_NOT_IN_WAREHOUSE',
      });

      const made = await plan(...args);
      const [expected] = await warehouse.sql(
        `SELECT count(*) n FROM ${table} VERSION AS OF 1 WHERE region = 'EU'`,
      );
      expect(made.copied?.rows).toBe(Number(expected?.['n']));
      expect(made.copied?.rows).toBeGreaterThan(10);
      expect(made.copied?.wasThere).toBe(false);
      expect((await plan(...args)).copied).toEqual({ ...made.copied, wasThere: true });
      expect(await failure({}, 'rehydrate', `${table}@v1`, ...args.slice(0, 2))).toMatchObject({
        code: 'TARGET_EXISTS',
      });
      const { schema } = await open('analytics.few').facts.at(0);
      expect(schema.fields.map(({ name }) => name)).toEqual(['customer_id', 'region']);
    });

    test('as a shallow clone, whose risk it tells, with the same digest', async () => {
      const made = await plan('--into', 'analytics.shallow', '--clone', 'shallow');
      expect(made.risks.join()).toContain('VACUUM');
      const digest = async (ref: string) => digestResult.parse(await asof().json('digest', ref));
      const [source, clone] = [await digest(`${table}@v1`), await digest('analytics.shallow')];
      expect(clone.digest).toBe(source.digest);
      expect(clone.table.id).not.toBe(source.table.id);
    });

    test('of columns and members with whatever names', async () => {
      await warehouse.sql(
        "CREATE TABLE analytics.odd_names TBLPROPERTIES ('delta.columnMapping.mode' = 'name') AS SELECT 1 `a b`, array(named_struct('x=y', 2)) c",
      );
      const result = await asof().json(
        'rehydrate',
        'analytics.odd_names',
        '--into',
        'analytics.odd_copy',
      );
      expect(copyResult.parse(result).copied?.rows).toBe(1);
      const digest = async (ref: string) =>
        digestResult.parse(await asof().json('digest', ref)).digest;
      expect(await digest('analytics.odd_copy')).toBe(await digest('analytics.odd_names'));
    });

    test('not into a schema that is not there, and says so', async () => {
      const found = await failure({}, 'rehydrate', `${table}@v1`, '--into', 'nowhere.copy');
      expect(found).toMatchObject({ exitCode: 3, code: 'TABLE_NOT_IN_WAREHOUSE' });
      expect(found.message).toContain('has no table nowhere.copy');
    });

    test('over nothing, and not as this engine can not', async () => {
      expect(await failure({}, 'rehydrate', `${table}@v1`, '--into', table)).toMatchObject({
        exitCode: 2,
        code: 'TARGET_EXISTS',
      });
      expect(
        await failure(
          {},
          'rehydrate',
          `${table}@v1`,
          '--into',
          'analytics.deep',
          '--clone',
          'deep',
        ),
      ).toMatchObject({ code: 'COPY_UNSUPPORTED' });
    });
  });

  describe('with every type', () => {
    const select = `SELECT * FROM VALUES
      (1, CAST(NULL AS STRUCT<a: INT>), array(), CAST(NULL AS ARRAY<BINARY>), map(), 0D, CAST(0 AS DECIMAL(38,10)), TIMESTAMP_NTZ'0001-01-01 00:00:00', TIMESTAMP'9999-12-31 23:59:59.999999Z', 'a|b~', float('NaN')),
      (2, named_struct('a', CAST(NULL AS INT)), array(array(), array(named_struct('k.e"y', '1,2')), NULL), array(X''), map('b', array(1, NULL), 'a', NULL), -0D, CAST('-1234567890123456789012345678.0123456789' AS DECIMAL(38,10)), TIMESTAMP_NTZ'2026-03-08 02:30:00.000001', TIMESTAMP'1600-01-01 00:00:00.000001Z', '', float('1e-45')),
      (3, named_struct('a', 7), array(array(named_struct('k.e"y', NULL))), array(X'00FF', NULL), map('ü', array()), double('4.9E-324'), CAST('0.0000000001' AS DECIMAL(38,10)), NULL, NULL, '😀{"a":1}', float('-Infinity')),
      (4, NULL, NULL, array(), NULL, double('-1.7976931348623157E308'), NULL, TIMESTAMP_NTZ'9999-12-31 23:59:59.999999', TIMESTAMP'1970-01-01 00:00:00Z', NULL, 0.1F)
      AS t(id, st, nested, bins, m, d, dec, ntz, ts, \`odd \`\`name\`\`\`, f)`;

    test.each(['UTC', 'America/New_York'])(
      'gives the rows and the digest that the log gives, in a session of %s',
      async (zone) => {
        const name = `analytics.types_${zone.replace(/\W/g, '_')}`;
        await warehouse.sql(
          `CREATE TABLE ${name} TBLPROPERTIES ('delta.columnMapping.mode' = 'name') AS ${select}`,
        );
        const settings = warehouseSettings(warehouse.env, { configFile: '/nonexistent' });
        if (settings === undefined) throw new TypeError('its variables lead to it');
        const session = warehouseSession(settings, { agent: 'tests' });
        await session.query(`SET TIME ZONE '${zone}'`);
        const there = warehouseTable(session, name.split('.'), {
          now: Date.now,
          writer: writeRows,
        });
        const facts = await there.facts.at(0);
        const log = connectTables({ tables: {} }, { cwd: project }).open(
          parseTableName(facts.location ?? ''),
        );
        const snapshot = await log.snapshots.at(0);
        const described = ({ schema }: typeof facts) =>
          schema.fields.map((field) => `${field.name} ${formatType(field.type)}`);
        expect(described(facts)).toEqual(described(snapshot));
        const rows = await canonicalRows(facts.schema, there.reader.rows(facts));
        expect(rows).toHaveLength(4);
        expect(rows).toEqual(await canonicalRows(snapshot.schema, log.reader.rows(snapshot)));
        expect(await there.reader.digest(facts)).toEqual(await log.reader.digest(snapshot));
        await session.close();

        const folder = mkdtempSync(join(project, 'types-'));
        await there.reader.write(facts, folder);
        await warehouse.sql(
          `CREATE TABLE ${name}_again TBLPROPERTIES ('delta.columnMapping.mode' = 'name') AS SELECT * FROM parquet.\`${folder}/part-00000.parquet\``,
        );
        const again = open(`${name}_again`);
        expect((await again.reader.digest(await again.facts.at(0))).digest).toBe(
          (await log.reader.digest(snapshot)).digest,
        );
      },
    );

    test('gives the rows and the digest that the log gives of columns with names of its own', async () => {
      const name = 'analytics.own_names';
      await warehouse.sql(
        `CREATE TABLE ${name} (_metadata STRUCT<file_path: STRING, file_modification_time: BIGINT>, asof_x0 STRUCT<key: INT, value: INT>, m MAP<INT, ARRAY<INT>>, asof_c0 INT, asof_d DOUBLE, asof_row BIGINT, n INT)`,
      );
      for (const n of [3, 1, 2]) {
        await warehouse.sql(
          `INSERT INTO ${name} VALUES (named_struct('file_path', 'x', 'file_modification_time', ${9 - n}L), named_struct('key', 1, 'value', 2), map(${n}, array(${n}, NULL)), 4, 5.5, 6, ${n})`,
        );
      }
      const there = open(name);
      const facts = await there.facts.at(3);
      const log = connectTables({ tables: {} }, { cwd: project }).open(
        parseTableName(facts.location ?? ''),
      );
      const snapshot = await log.snapshots.at(3);
      const rows = await canonicalRows(facts.schema, there.reader.rows(facts));
      expect(rows).toHaveLength(3);
      expect(rows).toEqual(await canonicalRows(snapshot.schema, log.reader.rows(snapshot)));
      expect(await there.reader.digest(facts)).toEqual(await log.reader.digest(snapshot));
    });

    test('gives the rows for which a column is true', async () => {
      await warehouse.sql('CREATE TABLE analytics.booleans AS SELECT id % 4 = 0 b FROM range(20)');
      const there = open('analytics.booleans');
      const facts = await there.facts.at(0);
      const selection = { where: 'b' };
      expect(await there.reader.digest(facts, { selection })).toMatchObject({ rows: 5 });
      expect(
        await canonicalRows(facts.schema, there.reader.rows(facts, { selection })),
      ).toHaveLength(5);
    });

    test('gives 20,000 doubles of random bits the digest that the log gives', async () => {
      await warehouse.sql(
        `CREATE TABLE analytics.doubles AS SELECT id, CAST(CASE WHEN pmod(xxhash64(id), 2) = 0 THEN 1D ELSE -1D END * power(2D, pmod(xxhash64(id, 1), 2090) - 1070) * (1 + pmod(xxhash64(id, 2), 4503599627370496) / 4503599627370496D) AS DOUBLE) d FROM range(20000)`,
      );
      const there = open('analytics.doubles');
      const facts = await there.facts.at(0);
      const log = connectTables({ tables: {} }, { cwd: project }).open(
        parseTableName(facts.location ?? ''),
      );
      const digest = await there.reader.digest(facts);
      expect(digest.rows).toBe(20_000);
      expect(digest).toEqual(await log.reader.digest(await log.snapshots.at(0)));
    });
  });

  describe('and the log of the same table', () => {
    test('are used together, and give the digest that the warehouse alone has not', async () => {
      const env = { ASOF_ENGINE: undefined };
      const both = showResult.parse(await asof(env).json('show', `${table}@v1`));
      const alone = showResult.parse(await asof().json('show', `${table}@v1`));
      expect(both.digest).toMatch(/^snapshot-v1:/);
      expect(alone).toMatchObject({ digest: null, files: null, protocol: null, properties: null });
      expect(both.table).toEqual(alone.table);
      expect(both.columns.map(({ name, type }) => [name, type])).toEqual(
        alone.columns.map(({ name, type }) => [name, type]),
      );
    });

    test('agree on what was there before the table was replaced in place', async () => {
      const env = { ASOF_ENGINE: undefined, REGISTER_AS: undefined };
      await warehouse.sql('CREATE TABLE analytics.replaced AS SELECT id FROM range(10)');
      const run = await asof(env).json(
        ...['run', '--table', 'features=analytics.replaced', '--', process.execPath, '-e', '0'],
      );
      const { runId } = runResult.parse(run);
      await warehouse.sql('CREATE OR REPLACE TABLE analytics.replaced AS SELECT 1 one');
      const { links } = traceResult.parse(await asof(env).json('trace', `runs:/${runId}`));
      expect(links).toMatchObject([{ version: 0, state: 'readable', conflicts: [] }]);
      const { tables } = rehydrateResult.parse(
        await asof(env).json('rehydrate', `runs:/${runId}`, '--out', 'replaced'),
      );
      expect(tables[0]?.manifest.rows).toBe(10);
      expect(
        await failure({ ASOF_ENGINE: 'auto' }, 'impact', 'analytics.replaced@v0'),
      ).toMatchObject({
        code: 'FILES_UNKNOWN',
      });
    });

    test('are refused when they are two tables', async () => {
      const [detail] = await warehouse.sql('DESCRIBE DETAIL analytics.doubles');
      const location = String(detail?.['location']).replace(/^file:/, '');
      mkdirSync(join(project, 'wrong'));
      writeFileSync(join(project, 'wrong', 'asof.yaml'), `tables:\n  ${table}: ${location}\n`);
      const config = join(project, 'wrong', 'asof.yaml');
      expect(
        await failure({ ASOF_ENGINE: 'auto' }, 'show', `${table}@v0`, '--config', config),
      ).toMatchObject({ exitCode: 3, code: 'ENGINES_DISAGREE' });
    });
  });

  describe('refuses', () => {
    const thrown = async (work: () => Promise<unknown>) => {
      try {
        await work();
      } catch (error) {
        if (isLineageError(error)) return error;
        throw error;
      }
      throw new Error('it was not refused');
    };

    test('a table that is not there, a view, a table of another format, and rows that VACUUM took', async () => {
      await warehouse.sql(`CREATE VIEW analytics.a_view AS SELECT 1 one`);
      await warehouse.sql('CREATE TABLE analytics.a_parquet USING parquet AS SELECT 1 one');
      const codes = [];
      for (const name of [
        'analytics.nope',
        'nope.nope',
        'main.analytics.nope',
        'analytics.a_view',
        'analytics.a_parquet',
      ]) {
        const { code } = await thrown(async () => {
          const { version } = await open(name).history.resolve({ kind: 'latest' });
          await open(name).facts.at(version);
        });
        codes.push(code);
      }
      expect(codes).toEqual([
        'TABLE_NOT_IN_WAREHOUSE',
        'TABLE_NOT_IN_WAREHOUSE',
        'TABLE_NOT_IN_WAREHOUSE',
        'TABLE_NOT_DELTA',
        'TABLE_NOT_DELTA',
      ]);
    });

    test('versions older than the retention of deleted files, and names the property', async () => {
      await warehouse.sql(
        "CREATE TABLE analytics.short (n INT) TBLPROPERTIES ('delta.deletedFileRetentionDuration' = 'interval 0 hours')",
      );
      await warehouse.sql('INSERT INTO analytics.short VALUES (1)');
      expect(await thrown(() => open('analytics.short').facts.at(0))).toMatchObject({
        code: 'VERSION_REFUSED',
        details: { version: 0 },
      });
    });

    test('moments before the first commit and in the future', async () => {
      const { history } = open(table);
      const at = (instant: number) => thrown(() => history.resolve({ kind: 'instant', instant }));
      expect((await at(0)).code).toBe('MOMENT_TOO_EARLY');
      expect((await at(Date.now() + 60_000)).code).toBe('MOMENT_IN_FUTURE');
    });

    test('names that try to be more than names', async () => {
      const evil = 't`; DROP TABLE analytics.customer_features; --';
      const { code } = await thrown(() =>
        warehouseTable(warehouse.session, ['analytics', evil], {
          now: Date.now,
          writer: writeRows,
        }).history.resolve({ kind: 'latest' }),
      );
      expect(['TABLE_NOT_IN_WAREHOUSE', 'WAREHOUSE_REFUSED']).toContain(code);
      expect(await open(table).history.resolve({ kind: 'version', version: 0 })).toBeTruthy();
    });

    test.each([
      ['a wrong token', { DATABRICKS_TOKEN: 'wrong' }, 'WAREHOUSE_LOGIN_REFUSED'],
      ['a wrong path', { DATABRICKS_HTTP_PATH: '/sql/1.0/warehouses/nope' }, 'WAREHOUSE_NOT_FOUND'],
      [
        'a certificate that nobody vouches for',
        { DATABRICKS_CA_FILE: '' },
        'WAREHOUSE_UNREACHABLE',
      ],
      [
        'a host where nothing listens',
        { DATABRICKS_HOST: 'https://localhost:9' },
        'WAREHOUSE_UNREACHABLE',
      ],
    ])('%s', async (_, env, code) => {
      const { exitCode, message, ...found } = await failure(env, 'history', table);
      expect(found).toMatchObject({ code });
      expect(exitCode).toBe(4);
      expect(message).not.toContain(warehouse.env['DATABRICKS_TOKEN']);
    });
  });

  describe('that', () => {
    test('is asleep is waited for, and the user is told', async () => {
      warehouse.proxy.sleepFor(1);
      const { exitCode, stderr } = await asof().run('history', table, '--limit', '1');
      expect(stderr).toContain('is starting; waiting for it');
      expect(exitCode).toBe(0);
    });

    test('has closed the session meanwhile is asked in another', async () => {
      expect(await warehouse.sql('SELECT 1 one')).toEqual([{ one: 1 }]);
      await warehouse.proxy.expireSessions();
      expect(await warehouse.sql('SELECT 1 one')).toEqual([{ one: 1 }]);
    });

    test('stops a statement that is interrupted', async () => {
      const { proxy, session } = warehouse;
      const before = proxy.cancelled;
      const controller = new AbortController();
      const slow =
        'SELECT count(*) FROM range(50000) a CROSS JOIN range(50000) b WHERE a.id + b.id = -1';
      const asked = session.query(slow, { signal: controller.signal });
      setTimeout(() => controller.abort(new Error('interrupted')), 1000);
      await expect(asked).rejects.toThrow('interrupted');
      await expect.poll(() => proxy.cancelled, { timeout: 60_000 }).toBe(before + 1);
      expect(await warehouse.sql('SELECT 1 one')).toEqual([{ one: 1 }]);
    });

    test('loses the connection for a moment is asked for the rest of the rows', async () => {
      await warehouse.sql('CREATE TABLE analytics.many AS SELECT id, uuid() u FROM range(60000)');
      const { proxy } = warehouse;
      const there = open('analytics.many');
      const facts = await there.facts.at(0);
      // The first is that of the count, the second comes with the statement.
      proxy.onFetch(3, () => proxy.refuseOnce(502));
      const before = proxy.statements.length;
      const ids = new Set<unknown>();
      let rows = 0;
      for await (const batch of there.reader.rows(facts)) {
        for (const id of batch.values(0)) ids.add(id);
        rows += batch.rowCount;
      }
      expect(proxy.statements.slice(before).filter((sql) => sql.includes(' OFFSET '))).toHaveLength(
        1,
      );
      expect([rows, ids.size]).toEqual([60_000, 60_000]);
    });

    test('goes away mid-way leaves nothing behind, and a second try succeeds', async () => {
      warehouse.proxy.onFetch(6, () => warehouse.proxy.refuseWith(502));
      const args = ['rehydrate', 'analytics.many@v0', '--out', 'many'];
      const first = await failure({}, ...args);
      warehouse.proxy.refuseWith(undefined);
      expect(first).toMatchObject({ exitCode: 4, code: 'SERVER_REFUSED' });
      expect(readdirSync(project).filter((name) => name.includes('many'))).toEqual([]);
      const { tables } = rehydrateResult.parse(await asof().json(...args));
      expect(tables[0]?.manifest.rows).toBe(60_000);
    });
  });

  describe('asof, ended mid-way', () => {
    const beside = (name: string) => readdirSync(project).filter((entry) => entry.includes(name));

    test.each([
      { signal: 'SIGINT', exitCode: 130, left: 0 },
      { signal: 'SIGTERM', exitCode: 130, left: 0 },
      { signal: 'SIGKILL', exitCode: null, left: 1 },
    ] as const)(
      'by $signal while rows come, leaves no folder of that name, and a second try succeeds',
      async ({ signal, exitCode, left }) => {
        const name = `ended-by-${signal.toLowerCase()}`;
        const args = ['rehydrate', 'analytics.many@v0', '--out', name];
        const first = asof().start(...args);
        warehouse.proxy.onFetch(6, () => void first.kill(signal));
        expect((await first.ended).exitCode).toBe(exitCode);
        expect(beside(name).filter((entry) => entry === name)).toEqual([]);
        expect(beside(name)).toHaveLength(left);
        const { tables } = rehydrateResult.parse(await asof().json(...args));
        expect(tables[0]?.manifest.rows).toBe(60_000);
        expect(beside(name)).toEqual([name]);
      },
    );

    test('by SIGKILL while the warehouse copies, leaves a whole copy or none', async () => {
      const { proxy, sql } = warehouse;
      const before = proxy.statements.length;
      const copies = () =>
        proxy.statements.slice(before).filter((one) => /^CREATE TABLE/.test(one));
      const args = ['rehydrate', 'analytics.many@v0', '--into', 'analytics.many_copy'];
      const first = asof().start(...args);
      await expect.poll(copies, { timeout: 60_000 }).toHaveLength(1);
      first.kill('SIGKILL');
      expect((await first.ended).exitCode).toBeNull();
      // Nobody tells when a statement ends whose client is gone: the table is there or it is not, at whatever moment.
      const counts = new Set<unknown>();
      for (let looks = 0; looks < 10; looks++) {
        const there = await sql("SHOW TABLES IN analytics LIKE 'many_copy'");
        const [row] =
          there.length === 0 ? [] : await sql('SELECT count(*) n FROM analytics.many_copy');
        counts.add(row === undefined ? 'none' : Number(row['n']));
        await sleep(500);
      }
      expect([...counts].filter((count) => count !== 'none' && count !== 60_000)).toEqual([]);
      const { copied } = copyResult.parse(await asof().json(...args));
      // The first one's may have come after the last look.
      if (counts.has(60_000)) expect(copied?.wasThere).toBe(true);
      expect(copied?.rows).toBe(60_000);
      expect(await sql('SELECT count(*) n FROM analytics.many_copy')).toMatchObject([
        { n: 60_000n },
      ]);
    });
  });

  // The last, since nothing answers behind it.
  test('whose Spark dies is reported, and nothing half-written is left', async () => {
    warehouse.proxy.onFetch(6, () => void warehouse.spark.kill());
    const found = await failure({}, 'rehydrate', 'analytics.many@v0', '--out', 'dead');
    expect(found.exitCode).toBe(4);
    expect(['UNEXPECTED_RESPONSE', 'WAREHOUSE_UNREACHABLE', 'SERVER_REFUSED']).toContain(
      found.code,
    );
    expect(readdirSync(project).filter((name) => name.includes('dead'))).toEqual([]);
  });
});
