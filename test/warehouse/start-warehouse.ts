import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';
import { type DialectProxy, startProxy } from './proxy.ts';
import { startThriftServer, type ThriftServer } from './thrift-server.ts';

/** A SQL warehouse on this machine: Spark with Delta, and before it what makes it look like one of Databricks. */
export interface Warehouse {
  readonly spark: ThriftServer;
  readonly proxy: DialectProxy;
  /** The variables that lead a program to it. */
  readonly env: Readonly<Record<string, string>>;
  /** For tables; removed at the end. */
  readonly folder: string;
  stop(): Promise<void>;
}

export interface WarehouseOptions {
  readonly python: string;
  readonly jars: string;
  readonly memory?: string;
  readonly conf?: Readonly<Record<string, string>>;
}

/** Starts both, and waits until they answer; ten seconds on two processors. */
export async function startWarehouse(options: WarehouseOptions): Promise<Warehouse> {
  const folder = mkdtempSync(join(tmpdir(), 'asof-warehouse-'));
  const certificate = makeCertificate(folder);
  const spark = await startThriftServer({ ...options, folder });
  const token = 'dapi-of-the-tests';
  const path = '/sql/1.0/warehouses/0123456789abcdef';
  const proxy = await startProxy({ spark: spark.url, certificate, token, path });
  return {
    spark,
    proxy,
    folder,
    env: {
      DATABRICKS_HOST: `https://localhost:${proxy.port}`,
      DATABRICKS_HTTP_PATH: path,
      DATABRICKS_TOKEN: token,
      DATABRICKS_CA_FILE: certificate.path,
    },
    async stop() {
      await proxy.stop();
      await spark.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
