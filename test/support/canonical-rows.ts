import type { DeltaType, StructType } from '../../src/delta/schema.ts';
import type { RowBatch } from '../../src/delta/table-reader.ts';

/** Rows as sorted lines of JSON in the form of `fixtures/delta-tables/<case>/rows`; see the README there. */
export async function canonicalRows(
  schema: StructType,
  batches: AsyncIterable<RowBatch>,
): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const batch of batches) {
    const columns = schema.fields.map(({ type }, column) =>
      batch.values(column).map((value) => canonical(value, type)),
    );
    for (let row = 0; row < batch.rowCount; row++) {
      lines.push(JSON.stringify(columns.map((values) => values[row])));
    }
  }
  return lines.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function canonical(value: unknown, type: DeltaType): unknown {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'array':
      return (value as unknown[]).map((item) => canonical(item, type.element));
    case 'map':
      return (value as [unknown, unknown][])
        .map(([key, inner]) => [canonical(key, type.key), canonical(inner, type.value)])
        .sort(([a], [b]) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    case 'struct':
      return type.fields.map((field) =>
        canonical((value as Record<string, unknown>)[field.name], field.type),
      );
    case 'decimal':
      return value;
  }
  switch (type.name) {
    case 'long':
      return String(value);
    case 'float':
      return `f32:${hex(4, (view) => view.setFloat32(0, value as number))}`;
    case 'double':
      return `f64:${hex(8, (view) => view.setFloat64(0, value as number))}`;
    case 'binary':
      return `hex:${Buffer.from(value as Uint8Array).toString('hex')}`;
    case 'date':
      return isoDate(BigInt(value as number));
    case 'timestamp':
      return `${isoTime(value as bigint)}Z`;
    case 'timestamp_ntz':
      return isoTime(value as bigint);
    case 'variant':
      return `variant:${value}`;
    default:
      return value;
  }
}

function hex(bytes: number, write: (view: DataView) => void): string {
  const view = new DataView(new ArrayBuffer(bytes));
  write(view);
  return Buffer.from(view.buffer).toString('hex');
}

const dayMicros = 86_400_000_000n;

function isoTime(micros: bigint): string {
  const inDay = ((micros % dayMicros) + dayMicros) % dayMicros;
  const time = new Date(Number(inDay / 1000n)).toISOString().slice(11, 23);
  const rest = String(inDay % 1000n).padStart(3, '0');
  return `${isoDate((micros - inDay) / dayMicros)}T${time}${rest}`;
}

function isoDate(days: bigint): string {
  return new Date(Number(days) * 86_400_000).toISOString().slice(0, 10);
}
