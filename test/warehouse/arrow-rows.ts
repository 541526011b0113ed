import { arrow, Int64, type Struct, types } from './thrift.ts';

// A warehouse answers in Arrow, open-source Spark in columns of Thrift: re-encoded, a client meets the JavaScript values that it would
// meet there. Nested values stay JSON text, as a warehouse sends them to who does not ask for Arrow's own.

const { TTypeId } = types;

export function arrowSchema(schema: Struct): Buffer {
  const bytes = encode(new arrow.Schema(schema.columns.map(fieldOf)));
  return bytes.subarray(0, bytes.length - endMark);
}

export function arrowRows(schema: Struct, rowSet: Struct, count: number): Struct {
  const result = new types.TRowSet({
    startRowOffset: rowSet.startRowOffset,
    rows: [],
    arrowBatches: [],
  });
  if (count === 0) return result;
  const fields = new arrow.Schema(schema.columns.map(fieldOf));
  const children = schema.columns.map((column: Struct, index: number) =>
    columnData(column, fields.fields[index].type, valuesOf(rowSet.columns[index]), count),
  );
  const type = new arrow.Struct(fields.fields);
  const batch = new arrow.RecordBatch(
    fields,
    arrow.makeData({ type, length: count, nullCount: 0, children }),
  );
  const whole = encode(fields, batch);
  result.arrowBatches.push(
    new types.TSparkArrowBatch({
      batch: whole.subarray(arrowSchema(schema).length, whole.length - endMark),
      rowCount: new Int64(count),
    }),
  );
  return result;
}

/** The values of a column and a bit string of nulls, whatever its type. */
export function valuesOf(column: Struct): Struct {
  return (
    column.boolVal ??
    column.byteVal ??
    column.i16Val ??
    column.i32Val ??
    column.i64Val ??
    column.doubleVal ??
    column.stringVal ??
    column.binaryVal
  );
}

export function primitiveOf(column: Struct): Struct {
  return column.typeDesc.types[0].primitiveEntry;
}

const endMark = 8;

function encode(schema: Struct, batch?: Struct): Buffer {
  const writer = new arrow.RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  if (batch !== undefined) writer.write(batch);
  writer.finish();
  return Buffer.from(writer.toUint8Array(true));
}

function fieldOf(column: Struct): Struct {
  return new arrow.Field(column.columnName, typeOf(column), true);
}

function typeOf(column: Struct): Struct {
  const { type, typeQualifiers } = primitiveOf(column);
  const qualifiers = typeQualifiers?.qualifiers;
  switch (type) {
    case TTypeId.BOOLEAN_TYPE:
      return new arrow.Bool();
    case TTypeId.TINYINT_TYPE:
      return new arrow.Int8();
    case TTypeId.SMALLINT_TYPE:
      return new arrow.Int16();
    case TTypeId.INT_TYPE:
      return new arrow.Int32();
    case TTypeId.BIGINT_TYPE:
      return new arrow.Int64();
    case TTypeId.FLOAT_TYPE:
      return new arrow.Float32();
    case TTypeId.DOUBLE_TYPE:
      return new arrow.Float64();
    case TTypeId.BINARY_TYPE:
      return new arrow.Binary();
    case TTypeId.DATE_TYPE:
      return new arrow.DateDay();
    case TTypeId.TIMESTAMP_TYPE:
      return new arrow.TimestampMicrosecond('Etc/UTC');
    case TTypeId.DECIMAL_TYPE:
      return new arrow.Decimal(
        qualifiers?.scale.i32Value ?? 0,
        qualifiers?.precision.i32Value ?? 38,
        128,
      );
    case TTypeId.NULL_TYPE:
      return new arrow.Null();
    default:
      return new arrow.Utf8();
  }
}

function columnData(column: Struct, type: Struct, values: Struct, count: number): Struct {
  const isNull = (row: number) => {
    const byte = values.nulls?.[row >> 3] ?? 0;
    return ((byte >> (row & 7)) & 1) === 1;
  };
  // The builders of this Arrow take milliseconds.
  const isDate = arrow.DataType.isDate(type);
  if (isDate || arrow.DataType.isTimestamp(type)) {
    const data = isDate ? new Int32Array(count) : new BigInt64Array(count);
    const nullBitmap = new Uint8Array(((count + 63) >> 6) << 3);
    let nullCount = 0;
    for (let row = 0; row < count; row++) {
      if (isNull(row)) {
        nullCount++;
        continue;
      }
      nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7));
      const text = String(values.values[row]);
      if (data instanceof Int32Array) {
        data[row] = Math.round(Date.parse(`${text}T00:00:00Z`) / 86_400_000);
      } else {
        data[row] = micros(text);
      }
    }
    return arrow.makeData({ type, length: count, nullCount, nullBitmap, data });
  }
  const builder = arrow.makeBuilder({ type, nullValues: [null] });
  const primitive = primitiveOf(column).type;
  for (let row = 0; row < count; row++) {
    builder.append(isNull(row) ? null : converted(primitive, type, values.values[row]));
  }
  builder.finish();
  return builder.flush();
}

function converted(primitive: number, type: Struct, value: Struct): unknown {
  if (primitive === TTypeId.BIGINT_TYPE) {
    return Buffer.from(value.buffer.subarray(value.offset, value.offset + 8)).readBigInt64BE(0);
  }
  return primitive === TTypeId.DECIMAL_TYPE ? unscaled(String(value), type.scale) : value;
}

function micros(text: string): bigint {
  const [, year = '', month, day, hour, minute, second, fraction = ''] =
    /^(-?\d+)-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?/.exec(text) ?? [];
  const time = Date.parse(`${year.padStart(4, '0')}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return BigInt(time) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6));
}

function unscaled(text: string, scale: number): Uint32Array {
  const [whole = '', fraction = ''] = text.replace(/^[-+]/, '').split('.');
  const digits = BigInt(whole + fraction.padEnd(scale, '0').slice(0, scale));
  const bits = BigInt.asUintN(128, text.startsWith('-') ? -digits : digits);
  return Uint32Array.from(
    [0n, 32n, 64n, 96n].map((shift) => Number((bits >> shift) & 0xffffffffn)),
  );
}
