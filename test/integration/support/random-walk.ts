import { parseSchema } from '../../../src/delta/log/wire-schema.ts';
import type { DeltaField, DeltaType, StructType } from '../../../src/delta/schema.ts';
import { type Chance, seeded } from '../../support/seeded.ts';
import { type Spark, SparkError } from './spark.ts';
import {
  declaredType,
  quoted,
  randomPrimitive,
  randomType,
  randomValue,
  sqlType,
} from './walk-values.ts';

/** What a walk did, statement after statement, and which of them Spark refused: it is not told which it will. */
export interface Walk {
  readonly statements: readonly string[];
  readonly refused: readonly string[];
  /** Where the table is: beside where it was asked for, if the walk went on on a clone. */
  readonly path: string;
}

interface Table {
  readonly schema: StructType;
  readonly partitionColumns: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly version: number;
}

/** Statements of SQL, or programs of Python, which begin with `spark.`; what a name stands for in a table. */
type Step = (table: Table, chance: Chance, name: string) => string | readonly string[];

/**
 * Makes a table at a path by random statements of Spark SQL: the same ones for the same seed, as long as Spark accepts the same.
 */
export async function randomWalk(
  spark: Spark,
  path: string,
  options: { readonly seed: number; readonly steps: number },
): Promise<Walk> {
  const chance = seeded(options.seed);
  let place = path;
  const nameOf = () => `delta.${quoted(place)}`;
  const statements: string[] = [];
  const refused: string[] = [];
  const tell = async (text: string) => {
    statements.push(text);
    try {
      await (text.startsWith('spark.') ? spark.python(text) : spark.sql(text));
      return true;
    } catch (error) {
      if (!(error instanceof SparkError)) throw error;
      refused.push(`${error.condition ?? error.message.slice(0, 200)}: ${text.slice(0, 300)}`);
      return false;
    }
  };

  for (const setting of sessionSettings) await tell(setting(chance));
  for (const setting of chance.pick(encodings)) await tell(setting);
  while (!(await tell(creation(chance, nameOf(), 'CREATE TABLE')))) {
    if (refused.length > 20) throw new Error(`no table can be made:\n${refused.join('\n')}`);
  }
  let table = await describe(spark, place);
  const cloneAt = chance.happens(0.25) ? chance.below(options.steps) : undefined;
  let step: Step = insert;
  for (let done = 0; done < options.steps; done++) {
    if (done === cloneAt) {
      const clone = `${path} clone`;
      const made = `CREATE TABLE delta.${quoted(clone)} SHALLOW CLONE ${nameOf()}`;
      if (await tell(made)) {
        place = clone;
        table = await describe(spark, place);
      }
    }
    let isChanged = false;
    for (const text of [step(table, chance, nameOf())].flat()) {
      isChanged = (await tell(text)) || isChanged;
    }
    if (isChanged) table = await describe(spark, place);
    step = chance.pick(steps);
  }
  return { statements, refused, path: place };
}

async function describe(spark: Spark, path: string): Promise<Table> {
  const found = (await spark.python(`
from table_truth import describe
result = describe(spark, ${JSON.stringify(path)})
`)) as Omit<Table, 'schema'> & { readonly schema: string };
  return { ...found, schema: parseSchema(path, found.schema) };
}

const sessionSettings: readonly ((chance: Chance) => string)[] = [
  (chance) =>
    `SET spark.sql.parquet.outputTimestampType=${chance.pick(['INT96', 'INT96', 'TIMESTAMP_MICROS'])}`,
  (chance) =>
    `SET spark.sql.parquet.compression.codec=${chance.pick(['snappy', 'zstd', 'gzip', 'uncompressed', 'lz4_raw'])}`,
  (chance) => `SET spark.databricks.delta.checkpoint.partSize=${chance.pick([1_000_000, 3])}`,
  (chance) => `SET spark.sql.sources.partitionOverwriteMode=${chance.pick(['static', 'dynamic'])}`,
  (chance) => `SET spark.databricks.delta.write.utcTimestampPartitionValues=${chance.happens(0.5)}`,
  (chance) => `SET spark.sql.parquet.writeLegacyFormat=${chance.happens(0.2)}`,
  (chance) => `SET spark.sql.parquet.fieldId.write.enabled=${chance.happens(0.8)}`,
  (chance) =>
    `SET spark.databricks.delta.deltaLog.minorCompaction.useForReads=${chance.happens(0.5)}`,
  (chance) =>
    `SET spark.sql.parquet.datetimeRebaseModeInWrite=${chance.happens(0.1) ? 'LEGACY' : 'CORRECTED'}`,
  (chance) =>
    `SET spark.sql.parquet.int96RebaseModeInWrite=${chance.happens(0.1) ? 'LEGACY' : 'CORRECTED'}`,
  (chance) =>
    `SET spark.sql.session.timeZone=${chance.pick(['UTC', 'UTC', 'America/St_Johns', 'Asia/Kathmandu'])}`,
  (chance) => `SET parquet.page.row.count.limit=${chance.pick([20_000, 2])}`,
  () => 'SET spark.sql.mapKeyDedupPolicy=LAST_WIN',
  () => 'SET spark.databricks.delta.retentionDurationCheck.enabled=false',
  // For a few rows compiling takes longer than all the rest.
  () => 'SET spark.sql.codegen.wholeStage=false',
  () => 'SET spark.sql.codegen.factoryMode=NO_CODEGEN',
  () => 'SET spark.databricks.delta.properties.defaults.enableDeletionVectors=false',
  () => 'SET spark.databricks.delta.alterTable.rename.enabledOnTable=true',
  () => 'SET spark.databricks.delta.commitInfo.userMetadata=by a random walk',
];

/**
 * What is DELTA_BYTE_ARRAY, as texts of v2 are where a dictionary is not worth it, the vectorized reader of Spark 4.2 misreads; the other one
 * fails on shredded variants.
 */
const encodings: readonly (readonly string[])[] = [
  ...['true', 'false'].map((dictionary) => [
    'SET parquet.writer.version=v1',
    `SET parquet.enable.dictionary=${dictionary}`,
    'SET spark.sql.parquet.enableVectorizedReader=true',
    'SET spark.sql.variant.writeShredding.enabled=true',
  ]),
  ...['true', 'false'].map((dictionary) => [
    'SET parquet.writer.version=v2',
    `SET parquet.enable.dictionary=${dictionary}`,
    'SET spark.sql.parquet.enableVectorizedReader=false',
    'SET spark.sql.variant.writeShredding.enabled=false',
  ]),
];

const namesAnywhere = [
  'a',
  'b',
  'Total',
  'file_row_number',
  'file_index',
  'c0',
  'c1',
  'p0',
  'asof_p',
  'filename',
  'select',
  'größe',
  '_metadata',
  'key',
];
const namesIfMapped = [
  'a b',
  'x.y',
  'quo"te',
  "it's",
  'tick`s',
  'semi;colon',
  'eq=ual',
  '(p)',
  'new\nline',
];

/** A table, or its replacement, with any columns and properties. */
function creation(chance: Chance, name: string, verb: string): string {
  const mapping = chance.pick(['none', 'none', 'name', 'name', 'id']);
  const pool = mapping === 'none' ? namesAnywhere : [...namesAnywhere, ...namesIfMapped];
  const columns = chance
    .some(pool, 0.3)
    .map((column): [string, DeltaType] => [
      column,
      chance.happens(0.03) ? { kind: 'primitive', name: 'void' } : randomType(chance, 3),
    ]);
  const layout = chance.pick(['plain', 'partitioned', 'partitioned', 'clustered']);
  const partitions = chance
    .some(['part', 'Region', 'p1'], 0.5)
    .map((column): [string, DeltaType] => [
      mapping === 'none' ? column : `${column} ${chance.pick(['%', '/', 'é', 'x'])}`,
      randomPrimitive(chance),
    ]);
  const texts = [
    ['k', { kind: 'primitive', name: 'integer' }] as const,
    ...columns,
    ...partitions,
  ].map(([column, type]) => `${quoted(column)} ${declaredType(chance, type)}`);
  const extras = [
    chance.happens(0.1) ? 'gen BIGINT GENERATED ALWAYS AS (CAST(k AS BIGINT) * 2)' : [],
    chance.happens(0.1)
      ? `ident BIGINT GENERATED ${chance.pick(['ALWAYS', 'BY DEFAULT'])} AS IDENTITY`
      : [],
    chance.happens(0.1) ? "dflt STRING DEFAULT 'by default'" : [],
    chance.happens(0.1) ? 'must INT NOT NULL' : [],
  ].flat();
  const isPartitioned = layout === 'partitioned' && partitions.length > 0;
  const by = isPartitioned
    ? `PARTITIONED BY (${partitions.map(([column]) => quoted(column)).join(', ')})`
    : layout === 'clustered'
      ? 'CLUSTER BY (k)'
      : '';
  const properties: Record<string, string> = {
    'delta.columnMapping.mode': mapping,
    'delta.enableDeletionVectors': String(chance.happens(0.6)),
    'delta.checkpointInterval': String(chance.pick([2, 3, 5, 10])),
    'delta.checkpointPolicy': chance.pick(['classic', 'v2']),
    'delta.enableTypeWidening': String(chance.happens(0.6)),
    'delta.checkpoint.writeStatsAsStruct': String(chance.happens(0.5)),
    'delta.checkpoint.writeStatsAsJson': String(chance.happens(0.7)),
    'delta.feature.timestampNtz': 'supported',
    ...(chance.happens(0.4) && { 'delta.enableInCommitTimestamps': 'true' }),
    ...(chance.happens(0.3) && { 'delta.enableRowTracking': 'true' }),
    ...(chance.happens(0.3) && { 'delta.enableChangeDataFeed': 'true' }),
    ...(chance.happens(0.3) && { 'delta.randomizeFilePrefixes': 'true' }),
    ...(chance.happens(0.7) && { 'delta.enableVariantShredding': 'true' }),
    ...(chance.happens(0.2) && { 'delta.dataSkippingNumIndexedCols': '0' }),
    ...(texts.concat(extras).some((text) => text.includes('DEFAULT')) && {
      'delta.feature.allowColumnDefaults': 'supported',
    }),
  };
  const listed = Object.entries(properties).map(([key, value]) => `'${key}'='${value}'`);
  return `${verb} ${name} (${[...texts, ...extras].join(', ')}) USING DELTA ${by} TBLPROPERTIES (${listed.join(', ')})`;
}

const columnsOf = ({ schema }: Table) =>
  schema.fields.filter(
    ({ name, metadata }) =>
      metadata['delta.generationExpression'] === undefined &&
      metadata['delta.identity.start'] === undefined &&
      name !== 'ident' &&
      name !== 'gen',
  );

/** Columns that every expression may use. */
const plainColumns = (table: Table) =>
  columnsOf(table).filter(
    ({ type }) => type.kind === 'primitive' && type.name !== 'void' && type.name !== 'variant',
  );

const keyOf = ({ schema }: Table) =>
  schema.fields.find(({ name }) => name.toLowerCase().startsWith('k'))?.name ?? 'k';

/** Where Spark keeps CHAR and VARCHAR. */
const declaredAs = '__CHAR_VARCHAR_TYPE_STRING';

function value(table: Table, chance: Chance, field: DeltaField): string {
  if (field.name === keyOf(table)) return `CAST(${chance.below(40)} AS ${sqlType(field.type)})`;
  const [, longest] = /char\((\d+)\)/.exec(String(field.metadata[declaredAs])) ?? [];
  return randomValue(chance, field.type, {
    isPartition: table.partitionColumns.includes(field.name),
    isNullable: field.nullable ?? true,
    longest: longest === undefined ? undefined : Number(longest),
  });
}

function rowsText(table: Table, chance: Chance, count: number): { names: string; rows: string } {
  const columns = columnsOf(table).filter(
    ({ name, nullable }) => !nullable || name === keyOf(table) || chance.happens(0.92),
  );
  const rows = Array.from(
    { length: count },
    () => `(${columns.map((field) => value(table, chance, field)).join(', ')})`,
  );
  return { names: columns.map(({ name }) => quoted(name)).join(', '), rows: rows.join(', ') };
}

/** True for some rows, by any column. */
function condition(table: Table, chance: Chance): string {
  const divisor = chance.pick([2, 3, 5]);
  const column = quoted(
    chance.pick([...plainColumns(table).map(({ name }) => name), keyOf(table)]),
  );
  return chance.pick([
    `pmod(hash(${column}), ${divisor}) = 0`,
    `pmod(hash(${column}), ${divisor}) <> 0`,
    `${quoted(keyOf(table))} < ${chance.below(40)}`,
    `${column} IS NULL`,
  ]);
}

const insert: Step = (table, chance, name) => {
  const { names, rows } = rowsText(table, chance, 1 + chance.below(12));
  return `INSERT INTO ${name} (${names}) VALUES ${rows}`;
};

const overwrite: Step = (table, chance, name) => {
  const { names, rows } = rowsText(table, chance, 1 + chance.below(4));
  return `INSERT OVERWRITE ${name} (${names}) VALUES ${rows}`;
};

const replaceWhere: Step = (table, chance, name) => {
  const bound = 20 + chance.below(20);
  const columns = columnsOf(table);
  const rows = Array.from({ length: 3 }, () => {
    const values = columns.map((field) =>
      field.name === keyOf(table)
        ? `CAST(${bound + chance.below(5)} AS ${sqlType(field.type)})`
        : value(table, chance, field),
    );
    return `(${values.join(', ')})`;
  });
  const names = columns.map((field) => quoted(field.name)).join(', ');
  return `INSERT INTO ${name} REPLACE WHERE ${quoted(keyOf(table))} >= ${bound} SELECT * FROM VALUES ${rows.join(', ')} AS s(${names})`;
};

const remove: Step = (table, chance, name) =>
  `DELETE FROM ${name}${chance.happens(0.1) ? '' : ` WHERE ${condition(table, chance)}`}`;

const update: Step = (table, chance, name) => {
  const columns = columnsOf(table);
  const set = chance.some(columns, 0.3);
  const fields = set.length > 0 ? set : [chance.pick(columns)];
  const sets = fields.map((field) => `${quoted(field.name)} = ${value(table, chance, field)}`);
  return `UPDATE ${name} SET ${sets.join(', ')} WHERE ${condition(table, chance)}`;
};

const merge: Step = (table, chance, name) => {
  const columns = columnsOf(table);
  const keys = chance.some(
    Array.from({ length: 40 }, (_, key) => key),
    0.2,
  );
  const rows = (keys.length > 0 ? keys : [1]).map((key) => {
    const values = columns.map((field) =>
      field.name === keyOf(table)
        ? `CAST(${key} AS ${sqlType(field.type)})`
        : value(table, chance, field),
    );
    return `(${values.join(', ')})`;
  });
  const names = columns.map((field) => quoted(field.name));
  const key = quoted(keyOf(table));
  const sets = columns.map((field) => `t.${quoted(field.name)} = s.${quoted(field.name)}`);
  const clauses = [
    chance.happens(0.4) ? `WHEN MATCHED AND pmod(s.${key}, 2) = 0 THEN DELETE` : '',
    chance.happens(0.7) ? `WHEN MATCHED THEN UPDATE SET ${sets.join(', ')}` : '',
    `WHEN NOT MATCHED THEN INSERT (${names.join(', ')}) VALUES (${names.map((one) => `s.${one}`).join(', ')})`,
    chance.happens(0.2) ? `WHEN NOT MATCHED BY SOURCE AND t.${key} > 35 THEN DELETE` : '',
  ];
  return `MERGE INTO ${name} t USING (SELECT * FROM VALUES ${rows.join(', ')} AS v(${names.join(', ')})) s ON t.${key} = s.${key} ${clauses.join(' ')}`;
};

const optimize: Step = (table, chance, name) => {
  const by = chance.pick([...plainColumns(table).map((field) => field.name), keyOf(table)]);
  return chance.pick([
    `OPTIMIZE ${name}`,
    `OPTIMIZE ${name} ZORDER BY (${quoted(by)})`,
    `REORG TABLE ${name} APPLY (PURGE)`,
  ]);
};

/** Without retention, so that only what the last version needs stays. */
const vacuum: Step = (_table, chance, name) => {
  const tool = chance.pick(['', '', 'LITE']);
  return chance.happens(0.7) ? `VACUUM ${name} ${tool} RETAIN 0 HOURS` : `VACUUM ${name}`;
};

const restore: Step = (table, chance, name) =>
  `RESTORE TABLE ${name} TO VERSION AS OF ${chance.below(table.version + 1)}`;

const isMapped = ({ properties }: Table) =>
  (properties['delta.columnMapping.mode'] ?? 'none') !== 'none';

const addColumn: Step = (table, chance, name) => {
  const names = isMapped(table) ? [...namesAnywhere, ...namesIfMapped] : namesAnywhere;
  const place = chance.pick(['', 'FIRST', `AFTER ${quoted(keyOf(table))}`]);
  return `ALTER TABLE ${name} ADD COLUMNS (${quoted(chance.pick(names))} ${declaredType(chance, randomType(chance, 3))} ${place})`;
};

const changeColumn: Step = (table, chance, name) => {
  const paths = [...pathsOf(table.schema)];
  const { path, type } = chance.pick(paths);
  const wider = chance.pick(widerTypes(type));
  return chance.pick([
    ...(wider === undefined
      ? []
      : Array.from({ length: 5 }, () => `ALTER TABLE ${name} ALTER COLUMN ${path} TYPE ${wider}`)),
    `ALTER TABLE ${name} RENAME COLUMN ${path} TO ${quoted(chance.pick([...namesAnywhere, ...namesIfMapped, 'k2']))}`,
    `ALTER TABLE ${name} DROP COLUMN ${path}`,
    `ALTER TABLE ${name} ALTER COLUMN ${path} ${chance.pick(['FIRST', `AFTER ${quoted(keyOf(table))}`])}`,
    `ALTER TABLE ${name} ALTER COLUMN ${path} DROP NOT NULL`,
    `ALTER TABLE ${name} ALTER COLUMN ${path} COMMENT 'noted'`,
    ...(type.kind === 'struct'
      ? [
          `ALTER TABLE ${name} ADD COLUMNS (${path}.${quoted(chance.pick(['n1', 'n 2', 'X9']))} ${sqlType(randomType(chance, 1))})`,
        ]
      : []),
  ]);
};

/** Rows whose columns are not quite the table's: some lack, one is new, and so are members of structs. */
const evolve: Step = (table, chance, name) => {
  const fields = columnsOf(table)
    .filter((field) => field.name === keyOf(table) || !field.nullable || chance.happens(0.8))
    .map((field) => (chance.happens(0.3) ? withMember(chance, field) : field));
  const rows = Array.from(
    { length: 3 },
    () => `(${fields.map((field) => value(table, chance, field)).join(', ')})`,
  );
  const names = fields.map((field) => quoted(field.name)).join(', ');
  const added = chance.happens(0.5)
    ? `, ${randomValue(chance, randomType(chance, 2))} AS ${quoted(chance.pick(namesAnywhere))}`
    : '';
  const query = `SELECT *${added} FROM VALUES ${rows.join(', ')} AS v(${names})`;
  const key = quoted(keyOf(table));
  const write = (mode: string, option: string) =>
    `spark.sql(${JSON.stringify(query)}).write.format("delta").mode("${mode}").option(${option}).saveAsTable(${JSON.stringify(name)})`;
  return chance.pick([
    `MERGE WITH SCHEMA EVOLUTION INTO ${name} t USING (${query}) s ON t.${key} = s.${key} WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *`,
    `INSERT WITH SCHEMA EVOLUTION INTO ${name} BY NAME ${query}`,
    write('append', '"mergeSchema", "true"'),
    write('append', '"mergeSchema", "true"'),
    write('overwrite', '"overwriteSchema", "true"'),
    write('overwrite', '"partitionOverwriteMode", "dynamic"'),
  ]);
};

function withMember(chance: Chance, field: DeltaField): DeltaField {
  if (field.type.kind !== 'struct') return field;
  const type = randomType(chance, 1);
  const member = { name: chance.pick(['n1', 'X9']), type, nullable: true, metadata: {} };
  return { ...field, type: { ...field.type, fields: [...field.type.fields, member] } };
}

/** Two columns, or members of a struct, take each other's names; or one is dropped, and there is a new one of its name. */
const swap: Step = (table, chance, name) => {
  if (!isMapped(table)) return insert(table, chance, name);
  const structs = [{ path: '', type: table.schema }, ...pathsOf(table.schema)].flatMap(
    ({ path, type }) =>
      type.kind === 'struct'
        ? [type.fields.map((field) => `${path}${path && '.'}${quoted(field.name)}`)]
        : [],
  );
  const members = chance.pick(structs).filter((path) => path !== quoted(keyOf(table)));
  if (members.length === 0) return insert(table, chance, name);
  const one = chance.pick(members);
  const others = members.filter((path) => path !== one);
  const alter = `ALTER TABLE ${name}`;
  if (others.length === 0 || chance.happens(0.5)) {
    const type = sqlType(randomType(chance, 1));
    return [`${alter} DROP COLUMN ${one}`, `${alter} ADD COLUMNS (${one} ${type})`];
  }
  const other = chance.pick(others);
  const rename = (from: string, to: string) => `${alter} RENAME COLUMN ${from} TO ${lastOf(to)}`;
  const between = `${one.slice(0, -lastOf(one).length)}\`between\``;
  return [rename(one, between), rename(other, one), rename(between, other)];
};

/** The name at the end of a path. */
const lastOf = (path: string) => /(`([^`]|``)*`|\w+)$/.exec(path)?.[0] ?? path;

function* pathsOf(
  struct: StructType,
  prefix = '',
): Generator<{ readonly path: string; readonly type: DeltaType }> {
  for (const { name, type } of struct.fields) {
    const path = `${prefix}${quoted(name)}`;
    yield { path, type };
    yield* inside(path, type);
  }
}

function* inside(path: string, type: DeltaType): ReturnType<typeof pathsOf> {
  if (type.kind === 'struct') yield* pathsOf(type, `${path}.`);
  if (type.kind === 'array') {
    yield { path: `${path}.element`, type: type.element };
    yield* inside(`${path}.element`, type.element);
  }
  if (type.kind === 'map') {
    yield { path: `${path}.value`, type: type.value };
    yield { path: `${path}.key`, type: type.key };
    yield* inside(`${path}.value`, type.value);
  }
}

/** Source: Delta protocol, "Type Widening". */
function widerTypes(type: DeltaType): readonly (string | undefined)[] {
  if (type.kind === 'decimal') {
    const { precision, scale } = type;
    const by = Math.min(38 - precision, 6);
    return by <= 0
      ? [undefined]
      : [
          `DECIMAL(${precision + by},${scale})`,
          `DECIMAL(${precision + by},${scale + Math.floor(by / 2)})`,
        ];
  }
  if (type.kind !== 'primitive') return [undefined];
  return widenings[type.name] ?? [undefined];
}

const widenings: Readonly<Record<string, readonly string[]>> = {
  byte: ['SMALLINT', 'INT', 'BIGINT', 'DOUBLE', 'DECIMAL(10,0)', 'DECIMAL(14,4)'],
  short: ['INT', 'BIGINT', 'DOUBLE', 'DECIMAL(10,0)', 'DECIMAL(16,6)'],
  integer: ['BIGINT', 'DOUBLE', 'DECIMAL(10,0)', 'DECIMAL(20,5)'],
  long: ['DECIMAL(20,0)', 'DECIMAL(38,10)'],
  float: ['DOUBLE'],
  date: ['TIMESTAMP_NTZ'],
};

const replace: Step = (table, chance, name) => {
  if (chance.happens(0.5)) return creation(chance, name, 'CREATE OR REPLACE TABLE');
  const { names } = rowsText(table, chance, 0);
  return `REPLACE TABLE ${name} USING DELTA ${chance.pick(['', `PARTITIONED BY (${quoted(keyOf(table))})`])} AS SELECT ${names} FROM ${name}`;
};

const setProperty: Step = (table, chance, name) => {
  return chance.pick([
    `ALTER TABLE ${name} SET TBLPROPERTIES ('delta.enableDeletionVectors'='${chance.happens(0.6)}')`,
    `ALTER TABLE ${name} SET TBLPROPERTIES ('delta.columnMapping.mode'='${isMapped(table) ? chance.pick(['none', 'name']) : 'name'}')`,
    `ALTER TABLE ${name} SET TBLPROPERTIES ('delta.checkpointPolicy'='${chance.pick(['classic', 'v2'])}')`,
    `ALTER TABLE ${name} SET TBLPROPERTIES ('delta.checkpointInterval'='${chance.pick([1, 2, 4])}')`,
    `ALTER TABLE ${name} SET TBLPROPERTIES ('delta.enableInCommitTimestamps'='${chance.happens(0.7)}')`,
    `ALTER TABLE ${name} SET TBLPROPERTIES ('delta.enableRowTracking'='${chance.happens(0.7)}')`,
    `ALTER TABLE ${name} SET TBLPROPERTIES ('delta.enableChangeDataFeed'='${chance.happens(0.5)}')`,
    `ALTER TABLE ${name} SET TBLPROPERTIES ('delta.enableTypeWidening'='true')`,
    `ALTER TABLE ${name} SET TBLPROPERTIES ('delta.checkpoint.writeStatsAsStruct'='${chance.happens(0.5)}', 'delta.checkpoint.writeStatsAsJson'='${chance.happens(0.5)}')`,
    `ALTER TABLE ${name} UNSET TBLPROPERTIES IF EXISTS ('delta.${chance.pick(['enableDeletionVectors', 'checkpointPolicy', 'checkpointInterval', 'enableInCommitTimestamps', 'enableTypeWidening'])}')`,
    `ALTER TABLE ${name} CLUSTER BY ${chance.pick(['NONE', `(${quoted(keyOf(table))})`])}`,
    `ALTER TABLE ${name} ADD CONSTRAINT c${table.version} CHECK (${quoted(keyOf(table))} < 1000)`,
    `ALTER TABLE ${name} DROP FEATURE ${chance.pick(['deletionVectors', 'v2Checkpoint', 'typeWidening', 'columnMapping', 'inCommitTimestamp', 'rowTracking'])}`,
  ]);
};

const setSession: Step = (_table, chance) => chance.pick(sessionSettings)(chance);

/** As often as they should come. */
const steps: readonly Step[] = [
  ...[insert, insert, insert, insert, insert],
  ...[remove, remove, remove, update, update, update, merge, merge, merge],
  ...[optimize, optimize, overwrite, replaceWhere, restore],
  ...[evolve, evolve, swap],
  ...[addColumn, addColumn, changeColumn, changeColumn, changeColumn, changeColumn],
  ...[replace, setProperty, setProperty, setProperty, setSession, vacuum],
];
