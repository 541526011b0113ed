import type { DeltaTable } from '../delta-table.ts';
import { formatTableName } from '../table-ref.ts';
import type { SqlSession } from './sql-session.ts';
import { warehouseCopies } from './warehouse-copies.ts';
import { noSnapshots, type WarehouseFacts, warehouseFacts } from './warehouse-facts.ts';
import { warehouseHistory } from './warehouse-history.ts';
import { type RowWriter, warehouseReader } from './warehouse-reader.ts';

export interface WarehouseTable extends DeltaTable {
  readonly facts: WarehouseFacts;
}

/**
 * A table by its name in a SQL warehouse; nothing is asked yet.
 *
 * @param parts the parts of its name
 */
export function warehouseTable(
  session: SqlSession,
  parts: readonly string[],
  options: { readonly now: () => number; readonly writer: RowWriter },
): WarehouseTable {
  const name = formatTableName(parts);
  const history = warehouseHistory(session, parts, name, options.now);
  const facts = warehouseFacts(session, parts, name, history);
  return {
    name,
    location: `databricks://${session.title}/${name}`,
    history,
    facts,
    snapshots: noSnapshots(name),
    reader: warehouseReader(session, parts, name, options.writer),
    copies: warehouseCopies(session, parts, name, facts),
  };
}
