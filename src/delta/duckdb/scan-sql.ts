import type { DuckDBType } from '@duckdb/node-api';
import { LineageError } from '../../base/errors.ts';
import {
  type DeltaField,
  type DeltaType,
  holdsSome,
  type PrimitiveName,
  type PrimitiveType,
  type StructType,
} from '../schema.ts';
import type { Snapshot } from '../snapshot.ts';
import type { FileShape, StoredColumn } from './file-shapes.ts';
import { anyOf, type DatedColumns, isOld } from './julian-dates.ts';
import { entryOf, itemOf } from './misfit.ts';
import { listOf, mapOf, structOf } from './nested-sql.ts';
import { variantText } from './plain-variants.ts';
import { primitiveTypes } from './primitive-types.ts';
import { quoteName, quoteText } from './quote.ts';

/**
 * SQL that reads a snapshot's rows. It looks lists up by `file_index`, the place of a file among those read:
 *
 *     asof_files          paths
 *     asof_partitions     structs p0, p1, …: the partition values, typed
 *     asof_deleted_first  where in `asof_deleted` the pieces of the file begin; null for a file without deleted rows
 *     asof_deleted_last   where they end: the last one stands for all rows behind
 *     asof_deleted        bit strings of `rowsPerPiece`, 1 for a deleted row; null for a piece without
 *
 * Lookups, not joins: DuckDB keeps the order of rows through the first and not through the second.
 */
export interface ScanSql {
  /** The columns under their own names, in the schema's order. */
  readonly select: string;
  /** The value of `asof_partitions`, made from the table `asof_partition_texts (file_index, p0, p1, …)`. */
  readonly partitions: string;
  /** Of the values p0, p1, …: the physical names under which files record them, and their types. */
  readonly partitionKeys: readonly { readonly name: string; readonly type: DeltaType }[];
  readonly columnMapping: ColumnMapping;
  /** The columns that data files hold, and how one finds them in a file: one in each, or none, unless the file is damaged. */
  readonly stored: readonly DeltaField[];
  readonly physical: (field: DeltaField) => string;
  readonly inFile: (field: DeltaField, shape: FileShape) => readonly StoredColumn[];
  readonly dated: DatedColumns | undefined;
}

/**
 * DuckDB 1.5 copies a piece for each row that is looked up in it, and the list for every 2,048 rows: of pieces much smaller there are
 * too many, and one for a whole file would make reading take the square of its rows.
 */
export const rowsPerPiece = 8192;

export type ColumnMapping = 'none' | 'name' | 'id';

/** @throws LineageError FEATURE_UNSUPPORTED for a column mapping that is none of the protocol */
export function scanSql(
  table: string,
  snapshot: Pick<Snapshot, 'schema' | 'partitionColumns' | 'properties'>,
  files: {
    readonly areNone: boolean;
    readonly haveDeletedRows: boolean;
    readonly shapes?: readonly FileShape[];
    /** Variants as JSON, which needs `registerVariantText`; else as the bytes that they are. */
    readonly areVariantsText?: boolean;
    /** Gives each row's file too, by its place among them, in a column of this name. */
    readonly placeColumn?: string | undefined;
  },
): ScanSql {
  const columnMapping = columnMappingOf(table, snapshot);
  const physical = (field: DeltaField) => physicalName(field, columnMapping);
  const partitions = snapshot.partitionColumns.map((name) => fieldNamed(snapshot.schema, name));
  const { fields } = snapshot.schema;
  const stored = fields.filter((field) => !partitions.includes(field) && !isVoid(field.type));

  const inFile = (field: DeltaField, { columns }: FileShape) =>
    columns.filter((column) =>
      columnMapping === 'id'
        ? column.fieldId === field.metadata['delta.columnMapping.id']
        : column.name.toLowerCase() === physical(field).toLowerCase(),
    );
  const types = stored.map((field) => {
    const inFiles = (files.shapes ?? []).flatMap((shape) => inFile(field, shape));
    return storedType(
      field.type,
      physical,
      inFiles.map(({ type }) => type),
    );
  });

  const rebuilding = { physical, areVariantsText: files.areVariantsText === true };
  const columns = fields.map((field) => {
    const partition = partitions.indexOf(field);
    if (partition >= 0) {
      const value = `asof_p.p${partition}`;
      const typed = isFloating(field.type) ? castTo(field.type, value) : value;
      return `${typed} AS ${quoteName(field.name)}`;
    }
    const place = stored.indexOf(field);
    const name = `c${place}`;
    const isRebuilt = place >= 0 && mustBeRebuilt(field.type, types[place] ?? '');
    const value = isRebuilt ? logicalValue(field.type, name, rebuilding) : name;
    return `${place >= 0 ? value : 'NULL'} AS ${quoteName(field.name)}`;
  });

  const kept = stored.map((_, place) => `c${place}`);
  if (partitions.length > 0) {
    kept.push(`${ofFile('asof_partitions')} AS asof_p`);
  }
  if (files.placeColumn !== undefined) {
    kept.push('file_index AS asof_place');
    columns.push(`asof_place AS ${quoteName(files.placeColumn)}`);
  }
  if (kept.length === 0) kept.push('file_row_number');
  const source = ["getvariable('asof_files')", 'hive_partitioning = false'];
  if (stored.length > 0)
    source.push(`schema = ${readSchema(stored, types, columnMapping, physical)}`);
  const filter = files.haveDeletedRows
    ? ` WHERE NOT coalesce(get_bit(${deleted}, (file_row_number % ${rowsPerPiece})::INTEGER) = 1, false)`
    : '';
  const raw = `SELECT ${kept.join(', ')} FROM read_parquet(${source.join(', ')})${filter}`;

  const dates = stored.filter(({ type }) => isOld(type, '', physical) !== undefined);
  const typesOfDates = dates.map((field) => types[stored.indexOf(field)] ?? '');
  const old = anyOf(dates.map(({ type }, place) => isOld(type, `c${place}`, physical)));
  const dated =
    old === undefined
      ? undefined
      : {
          source: `hive_partitioning = false, schema = ${readSchema(dates, typesOfDates, columnMapping, physical)}`,
          isOld: old,
        };

  const typed = partitions.map(
    ({ type }, index) => `p${index} := ${partitionValue(type, `p${index}`)}`,
  );
  return {
    select: files.areNone ? noRows(fields) : `SELECT ${columns.join(', ')} FROM (${raw})`,
    partitions: `SELECT list(struct_pack(${typed.join(', ')}) ORDER BY file_index) FROM asof_partition_texts`,
    partitionKeys: partitions.map((field) => ({ name: physical(field), type: field.type })),
    columnMapping,
    stored,
    physical,
    inFile,
    dated,
  };
}

function noRows(fields: readonly DeltaField[]): string {
  const columns = fields.map(
    ({ name, type }) => `CAST(NULL AS ${storedType(type, logicalName)}) AS ${quoteName(name)}`,
  );
  return `SELECT ${columns.join(', ')} WHERE false`;
}

const ofFile = (list: string) => `getvariable('${list}')[file_index::BIGINT + 1]`;
const deleted = `getvariable('asof_deleted')[least(${ofFile('asof_deleted_first')} + file_row_number // ${rowsPerPiece}, ${ofFile('asof_deleted_last')})]`;

function columnMappingOf(
  table: string,
  { properties }: Pick<Snapshot, 'properties'>,
): ColumnMapping {
  const mode = properties['delta.columnMapping.mode'] ?? 'none';
  if (mode === 'none' || mode === 'name' || mode === 'id') return mode;
  throw new LineageError('FEATURE_UNSUPPORTED', { table, features: [`columnMapping(${mode})`] });
}

/** Source: Delta protocol, "Column Mapping": data files know columns by these names, also in id mode inside structs. */
function physicalName(field: DeltaField, mapping: ColumnMapping): string {
  const name = field.metadata['delta.columnMapping.physicalName'];
  return mapping === 'none' || typeof name !== 'string' ? field.name : name;
}

const logicalName = ({ name }: DeltaField) => name;

/** What `read_parquet(schema = …)` takes: for each column how files know it, our name for it, and its type. */
function readSchema(
  fields: readonly DeltaField[],
  types: readonly string[],
  mapping: ColumnMapping,
  physical: (field: DeltaField) => string,
): string {
  const entries = fields.map((field, place) => {
    const id = field.metadata['delta.columnMapping.id'];
    const key = mapping === 'id' ? String(id) : quoteText(physical(field));
    const type = quoteText(types[place] ?? '');
    return `${key}: {name: 'c${place}', type: ${type}, default_value: NULL}`;
  });
  return `MAP {${entries.join(', ')}}`;
}

/**
 * The type to read a value as, in DuckDB's words.
 *
 * @param inFiles the types that it has in data files, as far as they are known
 */
function storedType(
  type: DeltaType,
  physical: (field: DeltaField) => string,
  inFiles: readonly DuckDBType[] = [],
): string {
  switch (type.kind) {
    case 'primitive':
      return duckdbTypes[type.name];
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'array': {
      const items = inFiles.flatMap((list) => itemOf(list) ?? []);
      return `${storedType(type.element, physical, items)}[]`;
    }
    case 'map': {
      const maps = inFiles.filter((map) => 'keyType' in map);
      const key = storedType(
        type.key,
        physical,
        maps.map(({ keyType }) => keyType),
      );
      const value = storedType(
        type.value,
        physical,
        maps.map(({ valueType }) => valueType),
      );
      return `MAP(${key}, ${value})`;
    }
    case 'struct':
      return structType(type, physical, inFiles);
  }
}

function structType(
  { fields }: StructType,
  physical: (field: DeltaField) => string,
  inFiles: readonly DuckDBType[],
): string {
  const members = fields
    .filter((field) => !isVoid(field.type))
    .map((field) => {
      const name = physical(field);
      const inside = inFiles.flatMap((struct) => entryOf(struct, name) ?? []);
      return { name, type: storedType(field.type, physical, inside) };
    });
  // DuckDB takes a struct only where it knows a member of it; without one it could not tell whether the struct itself is null.
  for (const struct of inFiles) {
    if (!('entryNames' in struct)) continue;
    if (members.some(({ name }) => entryOf(struct, name) !== undefined)) continue;
    const [name] = struct.entryNames;
    // Whatever it holds, in whatever file, can be text.
    if (name !== undefined) members.push({ name, type: 'VARCHAR' });
  }
  if (members.length === 0) members.push({ name: 'asof_none', type: 'BOOLEAN' });
  return `STRUCT(${members.map(({ name, type }) => `${quoteName(name)} ${type}`).join(', ')})`;
}

const duckdbTypes: Record<PrimitiveName, string> = {
  ...primitiveTypes,
  variant: 'STRUCT("value" BLOB, metadata BLOB)',
  void: '"NULL"',
};

interface Rebuilding {
  readonly physical: (field: DeltaField) => string;
  readonly areVariantsText: boolean;
}

/** The value with the schema's own names inside; `read_parquet` renames columns, but nothing inside them. */
function logicalValue(type: DeltaType, value: string, how: Rebuilding, depth = 0): string {
  const { physical, areVariantsText } = how;
  const item = `x${depth}`;
  switch (type.kind) {
    case 'struct': {
      const members = type.fields.map((field) => {
        const inside = `struct_extract(${value}, ${quoteText(physical(field))})`;
        const sql = isVoid(field.type) ? 'NULL' : logicalValue(field.type, inside, how, depth);
        return { name: field.name, sql };
      });
      return structOf(value, members);
    }
    case 'array':
      return listOf(value, item, logicalValue(type.element, item, how, depth + 1));
    case 'map': {
      const key = logicalValue(type.key, `${item}.key`, how, depth + 1);
      const inner = logicalValue(type.value, `${item}.value`, how, depth + 1);
      return mapOf(value, item, key, inner);
    }
    case 'primitive':
      return type.name === 'variant' && areVariantsText
        ? `${variantText}(${value})`
        : filledUp(type, value);
    default:
      return value;
  }
}

/** Whether a value is read under other names, with other members or without some: then it is not yet what the schema says. */
function mustBeRebuilt(type: DeltaType, readAs: string): boolean {
  if (readAs !== storedType(type, logicalName)) return true;
  return holdsSome(
    type,
    ({ name, charLength }) => name === 'void' || name === 'variant' || charLength !== undefined,
  );
}

/** A value of a primitive type, or an entry of a partition, as long as its CHAR is. Source: Spark 4.2, `readSidePadding`. */
function filledUp({ charLength: length }: PrimitiveType, value: string): string {
  if (length === undefined) return value;
  return `CASE WHEN length(${value}) < ${length} THEN rpad(${value}, ${length}, ' ') ELSE ${value} END`;
}

/** From the log's text; see `partition-values.ts`. */
function partitionValue(type: DeltaType, text: string): string {
  if (type.kind === 'primitive' && type.name === 'string') return filledUp(type, text);
  if (type.kind === 'primitive' && type.name === 'binary') return `encode(${text})`;
  const typed = castTo(type, `nullif(${text}, '')`);
  return isFloating(type) ? `CAST(${typed} AS VARCHAR)` : typed;
}

/** In a list in a variable DuckDB 1.5 makes -0.0 and 0.0 the same: these stay text until they are looked up. */
function isFloating(type: DeltaType): boolean {
  return type.kind === 'primitive' && (type.name === 'double' || type.name === 'float');
}

function castTo(type: DeltaType, value: string): string {
  return `CAST(${value} AS ${storedType(type, logicalName)})`;
}

function isVoid(type: DeltaType): boolean {
  return type.kind === 'primitive' && type.name === 'void';
}

function fieldNamed(schema: StructType, name: string): DeltaField {
  const field = schema.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new TypeError(`the schema has no partition column ${name}`);
  return field;
}
