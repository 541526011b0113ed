import {
  type DatabricksHost,
  databricksHost,
  databricksSettings,
  type Environment,
  unconfigured,
} from '../../base/databricks-login.ts';

/** How a SQL warehouse is reached, by the variables and the profile file of Databricks' own tools. */
export interface WarehouseSettings extends DatabricksHost {
  /** The path of its HTTP endpoint. */
  readonly path: string;
  /** A PEM file of authorities to trust besides the usual ones. */
  readonly caFile?: string;
}

/**
 * The warehouse that the environment names, or else the profile that it names, or else the profile DEFAULT if that names a warehouse;
 * undefined where none does. A host alone is no warehouse.
 *
 * @param options.configFile the path of `.databrickscfg`
 * @throws LineageError DATABRICKS_UNCONFIGURED when half of what is needed is there
 */
export function warehouseSettings(
  env: Environment,
  options: { readonly configFile: string },
): WarehouseSettings | undefined {
  const pick = databricksSettings(env, options);
  const httpPath = pick('DATABRICKS_HTTP_PATH', 'http_path');
  const warehouseId = pick('DATABRICKS_WAREHOUSE_ID', 'warehouse_id');
  if (httpPath === undefined && warehouseId === undefined) return;
  if (httpPath === undefined && !/^[\w-]+$/.test(warehouseId ?? '')) {
    throw unconfigured(`'${warehouseId}' is no warehouse id`);
  }
  const caFile = env['DATABRICKS_CA_FILE'] || undefined;
  return {
    ...databricksHost(pick),
    path: httpPath ?? `/sql/1.0/warehouses/${warehouseId}`,
    ...(caFile !== undefined && { caFile }),
  };
}
