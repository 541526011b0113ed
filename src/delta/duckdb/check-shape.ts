import { LineageError } from '../../base/errors.ts';
import type { DeltaField, DeltaType } from '../schema.ts';
import { type FileShape, itemIn, type StoredElement } from './file-shapes.ts';
import { misfit } from './misfit.ts';
import type { ScanSql } from './scan-sql.ts';

/**
 * Checks that what a file has is what the table's columns are.
 *
 * @param read the columns that are; undefined for any
 * @throws LineageError FILE_DAMAGED when a column would come out as something else than the file holds; FEATURE_UNSUPPORTED when members of
 *   structs have to be found by their ids, letters beyond ASCII in another case, or Spark has a default for a column that the file lacks
 */
export function checkShape(
  table: string,
  { columnMapping, stored, physical, inFile }: ScanSql,
  shape: FileShape,
  read: readonly string[] | undefined,
): void {
  const { file, columns } = shape;
  const damaged = (found: string) =>
    new LineageError('FILE_DAMAGED', { table, problem: `in ${file}, ${found}.` });
  // Such a file would come out as nulls.
  if (columnMapping === 'id' && columns.every(({ fieldId }) => fieldId === undefined)) {
    const problem = `${file} has no field ids, though the table's columns are mapped by id`;
    throw new LineageError('FILE_DAMAGED', { table, problem });
  }
  for (const field of stored) {
    if (read !== undefined && !read.includes(field.name)) continue;
    const [column, ...others] = inFile(field, shape);
    if (column === undefined) {
      const value = field.metadata['EXISTS_DEFAULT'];
      if (typeof value !== 'string' || /^(NULL|CAST\(NULL AS [^']+\))$/i.test(value)) continue;
      // Delta's protocol has null there, and no such default. Source: Spark 4.2, `ResolveDefaultColumns`; older Delta wrote them.
      const features = [`EXISTS_DEFAULT (${field.name} is ${value} in files without it: ${file})`];
      throw new LineageError('FEATURE_UNSUPPORTED', { table, features });
    }
    const found =
      others.length > 0 ? `${field.name} is there twice` : misfit(field, column.type, physical);
    if (found !== undefined) throw damaged(found);
    // By id, its name does not count.
    if (columnMapping !== 'id') checkLetters(table, field.name, physical(field), column, file);
    if (holdsNanos(column)) {
      throw damaged(`${field.name} holds times in nanoseconds, and Delta's are in microseconds`);
    }
    for (const { path, field: member, byName, all } of membersIn(field.type, column, physical)) {
      const name = `${field.name}${path}`;
      if (byName.length > 1) throw damaged(`${name} is there twice`);
      checkLetters(table, name, physical(member), byName[0], file);
      if (columnMapping !== 'id') continue;
      const id = member.metadata['delta.columnMapping.id'];
      if (all.find(({ fieldId }) => fieldId === id) === byName[0]) continue;
      // DuckDB 1.5 finds columns by their ids, and what is inside of them by name. Delta's writers keep both together; those of
      // Iceberg, whose files an imported table has, do not.
      const features = [`columns mapped by id: ${name} has another name or id in ${file}`];
      throw new LineageError('FEATURE_UNSUPPORTED', { table, features });
    }
  }
}

/**
 * Spark finds a name in any letter case, and DuckDB 1.5 only where the letters are those of ASCII: of others it would make nulls.
 *
 * @throws LineageError FEATURE_UNSUPPORTED
 */
function checkLetters(
  table: string,
  name: string,
  expected: string,
  stored: StoredElement | undefined,
  file: string,
): void {
  if (stored === undefined || inSmallAscii(stored.name) === inSmallAscii(expected)) return;
  const features = [
    `names in another letter case, beyond ASCII: ${name} is ${stored.name} in ${file}`,
  ];
  throw new LineageError('FEATURE_UNSUPPORTED', { table, features });
}

function inSmallAscii(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function holdsNanos({ isNanos, inner }: StoredElement): boolean {
  return isNanos === true || inner.some(holdsNanos);
}

/** A member of a struct in the table, and what a file has for it. */
interface StoredMember {
  /** From the column on: `.element.a`. */
  readonly path: string;
  readonly field: DeltaField;
  /** Those of its name, in any letter case. */
  readonly byName: readonly StoredElement[];
  /** All of the struct's. */
  readonly all: readonly StoredElement[];
}

/** All members of structs in a column. */
function* membersIn(
  type: DeltaType,
  stored: StoredElement | undefined,
  physical: (field: DeltaField) => string,
  path = '',
): Generator<StoredMember> {
  if (stored === undefined) return;
  const [repeated] = stored.inner;
  switch (type.kind) {
    case 'array':
      yield* membersIn(type.element, itemIn(stored), physical, `${path}.element`);
      return;
    case 'map':
      yield* membersIn(type.key, repeated?.inner[0], physical, `${path}.key`);
      yield* membersIn(type.value, repeated?.inner[1], physical, `${path}.value`);
      return;
    case 'struct':
      for (const field of type.fields) {
        const name = physical(field).toLowerCase();
        const byName = stored.inner.filter((element) => element.name.toLowerCase() === name);
        const inner = `${path}.${field.name}`;
        yield { path: inner, field, byName, all: stored.inner };
        yield* membersIn(field.type, byName[0], physical, inner);
      }
  }
}
