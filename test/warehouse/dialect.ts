import { primitiveOf, valuesOf } from './arrow-rows.ts';
import { type Struct, types } from './thrift.ts';

// What a warehouse says otherwise than open-source Spark does. Each rule was seen necessary with @databricks/sql 2.1 on Spark 4.2.

/** A warehouse binds parameters itself; open-source Spark has no place for them in its protocol, but EXECUTE IMMEDIATE. */
export function withParameters(sql: string, parameters: readonly Struct[] | undefined): string {
  const [first] = parameters ?? [];
  if (parameters === undefined || first === undefined) return sql;
  const values = parameters.map((parameter) => {
    const value = parameterValue(parameter);
    return first.name ? `${value} AS \`${parameter.name.replaceAll('`', '``')}\`` : value;
  });
  return `EXECUTE IMMEDIATE ${quoted(sql)} USING ${values.join(', ')}`;
}

function parameterValue({ type, value }: Struct): string {
  if (!type || !value) return 'NULL';
  const text = String(value.stringValue ?? value.doubleValue ?? value.booleanValue);
  if (type === 'STRING') return quoted(text);
  if (type !== 'DECIMAL') return `CAST(${quoted(text)} AS ${type})`;
  const [whole = '', fraction = ''] = text.replace(/^[-+]/, '').split('.');
  const precision = Math.min(38, Math.max(1, whole.length + fraction.length));
  return `CAST(${quoted(text)} AS DECIMAL(${precision},${fraction.length}))`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** A warehouse gives the bare `[CLASS] text SQLSTATE: 12345` to show; Spark wraps it, and leaves what is shown empty. */
export function withMessage(status: Struct): Struct {
  if (status?.operationState !== types.TOperationState.ERROR_STATE) return status;
  const [head = ''] = String(status.errorMessage ?? '')
    .replace(/^\*?org\.apache\.hive\.service\.cli\.HiveSQLException: /, '')
    .replace(/^Error running query: /, '')
    .split(/\n\s*at (?:org|java|scala|com|io|jdk)\.|\nCaused by: /);
  const message = head
    .replace(/^\[[A-Z_0-9.]+\] (?=[\w.$]+(?:Exception|Error)\b)/, '')
    .replace(/^[\w.$]+(?:Exception|Error|Input)\w*: \s*/, '')
    .trim();
  const isNamed = message.startsWith('[') && !message.includes('SQLSTATE:');
  status.displayMessage =
    isNamed && status.sqlState ? `${message} SQLSTATE: ${status.sqlState}` : message;
  return status;
}

/** Spark numbers columns from 0, and the driver from 1: unchanged, every value would stand one column further. */
export function withFormat(metadata: Struct, isArrow: boolean): Struct {
  if (!metadata?.schema) return metadata;
  const { ARROW_BASED_SET, COLUMN_BASED_SET } = types.TSparkRowSetType;
  metadata.resultFormat = isArrow ? ARROW_BASED_SET : COLUMN_BASED_SET;
  metadata.lz4Compressed = false;
  metadata.isStagingOperation = false;
  for (const [index, column] of metadata.schema.columns.entries()) column.position = index + 1;
  return metadata;
}

/**
 * Spark's text of a map is no JSON where a value holds quotes, as `operationParameters` of DESCRIBE HISTORY do; the driver then gives an
 * empty object. A warehouse sends true maps.
 */
export function repairMaps(schema: Struct, rowSet: Struct): void {
  for (const [index, column] of schema.columns.entries()) {
    if (primitiveOf(column).type !== types.TTypeId.MAP_TYPE) continue;
    const values = rowSet.columns[index] && valuesOf(rowSet.columns[index]);
    if (values) values.values = values.values.map((text: string) => text && repairedMap(text));
  }
}

function repairedMap(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(scanMap(text) ?? text);
  }
}

/** `{"key":"value","other":null}`, where a value is anything, in brackets of JSON or up to the next key. */
function scanMap(text: string): Record<string, string | null> | undefined {
  const found: Record<string, string | null> = {};
  const key = /,?"([^"]+)":/y;
  let at = 1;
  while (at < text.length - 1) {
    key.lastIndex = at;
    const name = key.exec(text)?.[1];
    if (name === undefined) return;
    at = key.lastIndex;
    if (text.startsWith('null', at)) {
      found[name] = null;
      at += 4;
      continue;
    }
    const end = endOfValue(text, at + 1);
    if (text[at] !== '"' || end === undefined) return;
    found[name] = text.slice(at + 1, end);
    at = end + 1;
  }
  return found;
}

function endOfValue(text: string, start: number): number | undefined {
  if (text[start] === '[' || text[start] === '{') {
    let depth = 0;
    for (let at = start; at < text.length; at++) {
      if ('[{'.includes(text[at] ?? '')) depth++;
      if (']}'.includes(text[at] ?? '')) depth--;
      if (depth === 0) return text[at + 1] === '"' ? at + 1 : undefined;
    }
    return;
  }
  for (let at = start; at < text.length; at++) {
    if (text[at] === '"' && /^(?:,"[^"]+":(?:"|null)|\}$)/.test(text.slice(at + 1))) return at;
  }
  return;
}
