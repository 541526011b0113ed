import { join } from 'node:path';
import type { DuckDBStructValue, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { type DeltaField, type DeltaType, holds } from '../schema.ts';
import { itemIn, type StoredColumn, type StoredElement, storedColumns } from './file-shapes.ts';
import { entryOf, itemOf } from './misfit.ts';
import { escapeGlob, quoteName, quoteText } from './quote.ts';
import type { DuckdbSession } from './session.ts';
import { unshred } from './unshred.ts';
import { copyUnannotated } from './variant-annotation.ts';
import { variantJson } from './variant-json.ts';

/** What reads the text of a variant, in SQL. */
export const variantText = 'asof_variant_json';

/** Makes `variantText` known. */
export async function registerVariantText(session: DuckdbSession): Promise<void> {
  const { BLOB, DuckDBScalarFunction, STRUCT, VARCHAR } = await import('@duckdb/node-api');
  session.connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name: variantText,
      parameterTypes: [STRUCT({ value: BLOB, metadata: BLOB })],
      returnType: VARCHAR,
      specialHandling: true,
      mainFunction: (_, input, output) => {
        const groups = input.getColumnVector(0);
        for (let row = 0; row < input.rowCount; row++) {
          const group = groups.getItem(row) as DuckDBStructValue | null;
          output.setItem(row, group && jsonOf(group));
        }
        output.flush();
      },
    }),
  );
}

function jsonOf({ entries: { metadata, value } }: DuckDBStructValue): string {
  if (!isBlob(metadata) || !isBlob(value)) {
    throw new Error('variant value: it lacks a value or metadata');
  }
  return variantJson(metadata.bytes, value.bytes);
}

function isBlob(value: unknown): value is { readonly bytes: Uint8Array } {
  return typeof value === 'object' && value !== null && 'bytes' in value;
}

/**
 * The files with every variant as a group of `value` and `metadata`: what files say otherwise is put right in copies.
 *
 * @param fields the columns that hold variants
 */
export async function plainVariants<F extends { readonly location: string }>(
  session: DuckdbSession,
  files: readonly F[],
  fields: readonly DeltaField[],
  { columnMapping, physical }: VariantColumns,
): Promise<readonly F[]> {
  const plain: F[] = [];
  for (const [index, file] of files.entries()) {
    const copy = join(session.folder, `variants-${index}.parquet`);
    const location = (await copyUnannotated(file.location, copy)) ? copy : file.location;
    const whole = join(session.folder, `unshredded-${index}.parquet`);
    const isShredded = await unshredInto(whole, location, {
      session,
      index,
      fields,
      columnMapping,
      physical,
    });
    plain.push({ ...file, location: isShredded ? whole : location });
  }
  return plain;
}

interface VariantColumns {
  readonly columnMapping: 'none' | 'name' | 'id';
  readonly physical: (field: DeltaField) => string;
}

interface Unshredding extends VariantColumns {
  readonly session: DuckdbSession;
  readonly index: number;
  readonly fields: readonly DeltaField[];
}

/** Writes a file anew, in the same order, with no variant taken apart; false and nothing where none is. */
async function unshredInto(
  target: string,
  location: string,
  { session, index, fields, columnMapping, physical }: Unshredding,
): Promise<boolean> {
  const file = quoteText(escapeGlob(location));
  const source = `read_parquet(${file}, hive_partitioning = false)`;
  const columns = await storedColumns(session, location);
  const replaced: string[] = [];
  for (const field of fields) {
    const id = field.metadata['delta.columnMapping.id'];
    const column = columns.find(({ name, fieldId }) =>
      columnMapping === 'id'
        ? fieldId === id
        : name.toLowerCase() === physical(field).toLowerCase(),
    );
    if (column === undefined || !isShredded(field.type, column.type, physical)) continue;
    const called = `asof_unshred_${index}_${replaced.length}`;
    await registerUnshred(session, called, field.type, column, physical);
    replaced.push(`${called}(${quoteName(column.name)}) AS ${quoteName(column.name)}`);
  }
  if (replaced.length === 0) return false;
  const ids =
    columnMapping === 'id'
      ? columns.flatMap((column) => fieldIds(column.name, column, column.type) ?? [])
      : [];
  const notes = await session.rows(
    `SELECT decode(key), decode(value) FROM parquet_kv_metadata(${file})
     WHERE decode(key) = 'org.apache.spark.version' OR decode(key) LIKE 'org.apache.spark.legacy%'`,
  );
  const noted = notes.map(
    ([key, value]) => `${quoteText(String(key))}: ${quoteText(String(value))}`,
  );
  const options = [
    'FORMAT parquet',
    ...(ids.length > 0 ? [`FIELD_IDS {${ids.join(', ')}}`] : []),
    // What `checkCalendar` goes by.
    ...(noted.length > 0 ? [`KV_METADATA {${noted.join(', ')}}`] : []),
  ];
  await session.run(
    `COPY (SELECT * REPLACE (${replaced.join(', ')}) FROM ${source}) TO ${quoteText(target)} (${options.join(', ')})`,
  );
  return true;
}

/** The ids of a column and of what is inside of it, as COPY takes them; undefined where there are none. */
function fieldIds(name: string, stored: StoredElement, type: DuckDBType): string | undefined {
  const { fieldId, inner } = stored;
  const [repeated] = inner;
  const item = itemOf(type);
  const members: [string, StoredElement | undefined, DuckDBType | undefined][] =
    'keyType' in type
      ? [
          ['key', repeated?.inner[0], type.keyType],
          ['value', repeated?.inner[1], type.valueType],
        ]
      : item !== undefined
        ? [['element', itemIn(stored), item]]
        : 'entryNames' in type
          ? inner.map((member, place) => [member.name, member, type.entryTypes[place]])
          : [];
  const inside = members.flatMap(([called, member, its]) =>
    member && its ? (fieldIds(called, member, its) ?? []) : [],
  );
  const own = fieldId === undefined ? [] : [`__duckdb_field_id: ${fieldId}`];
  const all = [...own, ...inside];
  return all.length === 0 ? undefined : `${quoteName(name)}: {${all.join(', ')}}`;
}

async function registerUnshred(
  session: DuckdbSession,
  name: string,
  type: DeltaType,
  column: StoredColumn,
  physical: (field: DeltaField) => string,
): Promise<void> {
  const {
    BLOB,
    DuckDBScalarFunction,
    LIST,
    MAP,
    STRUCT,
    listValue,
    mapValue,
    structValue,
    blobValue,
  } = await import('@duckdb/node-api');
  const wholeType = (inside: DeltaType, from: DuckDBType): DuckDBType => {
    if (!holds(inside, 'variant')) return from;
    const item = itemOf(from);
    if (inside.kind === 'array' && item) return LIST(wholeType(inside.element, item));
    if (inside.kind === 'map' && 'keyType' in from) {
      return MAP(from.keyType, wholeType(inside.value, from.valueType));
    }
    if (inside.kind === 'struct' && 'entryNames' in from) {
      return STRUCT(
        Object.fromEntries(
          from.entryNames.map((entry, place) => {
            const field = fieldStoredAs(inside.fields, entry, physical);
            const entryType = from.entryTypes[place] ?? BLOB;
            return [entry, field ? wholeType(field.type, entryType) : entryType];
          }),
        ),
      );
    }
    return STRUCT({ value: BLOB, metadata: BLOB });
  };
  const wholeValue = (
    inside: DeltaType,
    from: DuckDBType,
    stored: StoredElement | undefined,
    value: DuckDBValue,
  ): DuckDBValue => {
    if (value === null || stored === undefined || !holds(inside, 'variant')) return value;
    const item = itemOf(from);
    if (inside.kind === 'array' && item && isList(value)) {
      const below = itemIn(stored);
      return listValue(value.items.map((one) => wholeValue(inside.element, item, below, one)));
    }
    if (inside.kind === 'map' && 'keyType' in from && isMap(value)) {
      const below = stored.inner[0]?.inner[1];
      return mapValue(
        value.entries.map((entry) => ({
          key: entry.key,
          value: wholeValue(inside.value, from.valueType, below, entry.value),
        })),
      );
    }
    if (!isStruct(value)) throw new Error('variant value: its columns are of an unknown form');
    if (inside.kind === 'struct' && 'entryNames' in from) {
      return structValue(
        Object.fromEntries(
          from.entryNames.map((entry, place) => {
            const field = fieldStoredAs(inside.fields, entry, physical);
            const [entryType, one = null] = [from.entryTypes[place], value.entries[entry]];
            if (!field || !entryType) return [entry, one];
            return [entry, wholeValue(field.type, entryType, stored.inner[place], one)];
          }),
        ),
      );
    }
    const { metadata, value: bytes } = unshred(value, from, stored);
    return structValue({ value: blobValue(bytes), metadata: blobValue(metadata) });
  };
  session.connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name,
      parameterTypes: [column.type],
      returnType: wholeType(type, column.type),
      specialHandling: true,
      mainFunction: (_, input, output) => {
        const values = input.getColumnVector(0);
        for (let row = 0; row < input.rowCount; row++) {
          output.setItem(row, wholeValue(type, column.type, column, values.getItem(row)));
        }
        output.flush();
      },
    }),
  );
}

/** Whether a variant in a column is taken apart. */
function isShredded(
  type: DeltaType,
  stored: DuckDBType,
  physical: (field: DeltaField) => string,
): boolean {
  switch (type.kind) {
    case 'array': {
      const item = itemOf(stored);
      return item !== undefined && isShredded(type.element, item, physical);
    }
    case 'map':
      return 'keyType' in stored && isShredded(type.value, stored.valueType, physical);
    case 'struct':
      return type.fields.some((field) => {
        const inside = entryOf(stored, physical(field));
        return inside !== undefined && isShredded(field.type, inside, physical);
      });
    case 'primitive':
      return type.name === 'variant' && entryOf(stored, 'typed_value') !== undefined;
    default:
      return false;
  }
}

function fieldStoredAs(
  fields: readonly DeltaField[],
  entry: string,
  physical: (field: DeltaField) => string,
): DeltaField | undefined {
  return fields.find((field) => physical(field).toLowerCase() === entry.toLowerCase());
}

function isStruct(value: DuckDBValue): value is DuckDBStructValue {
  return (
    typeof value === 'object' &&
    value !== null &&
    'entries' in value &&
    !Array.isArray(value.entries)
  );
}

function isList(value: DuckDBValue): value is Extract<DuckDBValue, { items: unknown }> {
  return typeof value === 'object' && value !== null && 'items' in value;
}

function isMap(value: DuckDBValue): value is Extract<DuckDBValue, { entries: readonly unknown[] }> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'entries' in value &&
    Array.isArray(value.entries)
  );
}
