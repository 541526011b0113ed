import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';

/** Spark's Thrift server with Delta, on loopback. */
export interface ThriftServer {
  readonly url: URL;
  readonly pid: number;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface ThriftServerOptions {
  /** The Python that has pyspark. */
  readonly python: string;
  /** The folder of Delta's jars. */
  readonly jars: string;
  /** For tables, spilled data and the log. */
  readonly folder: string;
  readonly memory?: string;
  /** Further settings of Spark. */
  readonly conf?: Readonly<Record<string, string>>;
}

export async function startThriftServer(options: ThriftServerOptions): Promise<ThriftServer> {
  const { folder, jars, memory = '2g' } = options;
  const port = await freePort();
  const url = new URL(`http://127.0.0.1:${port}/cliservice`);
  for (const name of ['warehouse', 'tmp']) mkdirSync(join(folder, name), { recursive: true });
  const logPath = join(folder, 'spark.log');
  const output = openSync(logPath, 'a');
  const home = join(options.python, '..', '..', 'lib', 'python3.11', 'site-packages', 'pyspark');
  const conf: Readonly<Record<string, string>> = {
    'spark.sql.extensions': 'io.delta.sql.DeltaSparkSessionExtension',
    'spark.sql.catalog.spark_catalog': 'org.apache.spark.sql.delta.catalog.DeltaCatalog',
    'spark.sql.catalogImplementation': 'in-memory',
    'spark.sql.warehouse.dir': `file://${folder}/warehouse`,
    'spark.sql.session.timeZone': 'UTC',
    // As on Databricks.
    'spark.sql.sources.default': 'delta',
    // The parser of parameters in Spark 4.2 does not pass through that of Delta: none would be bound.
    'spark.sql.legacy.parameterSubstitution.constantsOnly': 'true',
    // Little work on few processors.
    'spark.sql.sources.parallelPartitionDiscovery.parallelism': '2',
    'spark.sql.shuffle.partitions': '1',
    'spark.default.parallelism': '2',
    'spark.databricks.delta.snapshotPartitions': '1',
    'spark.ui.enabled': 'false',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.driver.extraJavaOptions': `-Duser.timezone=UTC -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djava.io.tmpdir=${folder}/tmp`,
    ...options.conf,
  };
  const hive: Readonly<Record<string, string>> = {
    'hive.server2.transport.mode': 'http',
    'hive.server2.thrift.bind.host': '127.0.0.1',
    'hive.server2.thrift.http.port': String(port),
    'hive.server2.thrift.http.path': 'cliservice',
    'hive.server2.authentication': 'NONE',
  };
  const child = spawn(
    join(home, 'bin', 'spark-submit'),
    [
      ...['--class', 'org.apache.spark.sql.hive.thriftserver.HiveThriftServer2'],
      ...['--master', 'local[2]', '--driver-memory', memory],
      // As `--jars` the server's own threads would not find them.
      ...['--driver-class-path', deltaJars(jars).join(':')],
      ...Object.entries(conf).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
      'spark-internal',
      ...Object.entries(hive).flatMap(([name, value]) => ['--hiveconf', `${name}=${value}`]),
    ],
    {
      cwd: folder,
      stdio: ['ignore', output, output],
      // A group of its own, so that the Java machine ends with the script that starts it.
      detached: true,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        // Otherwise Java can't say the names of some folders.
        LC_ALL: 'C.UTF-8',
        SPARK_HOME: home,
        SPARK_LOCAL_IP: '127.0.0.1',
        PYSPARK_PYTHON: options.python,
        ...(process.env['JAVA_HOME'] !== undefined && { JAVA_HOME: process.env['JAVA_HOME'] }),
      },
    },
  );
  closeSync(output);
  const { pid } = child;
  if (pid === undefined) throw new Error(`spark-submit did not start in ${home}`);
  const end = async (signal: NodeJS.Signals) => {
    process.removeListener('exit', killNow);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    signalGroup(child, signal);
    const gone = await Promise.race([ended, sleep(10_000, undefined, { ref: false })]);
    if (gone === undefined) signalGroup(child, 'SIGKILL');
    await ended;
  };
  const killNow = () => signalGroup(child, 'SIGKILL');
  process.once('exit', killNow);

  for (const until = Date.now() + 120_000; !(await answers(url)); await sleep(100)) {
    if (child.exitCode === null && Date.now() < until) continue;
    await end('SIGKILL');
    throw new Error(`Spark did not start.\n${readFileSync(logPath, 'utf8').slice(-4000)}`);
  }
  return { url, pid, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

function deltaJars(folder: string): readonly string[] {
  const jars = readdirSync(folder).filter((name) => name.endsWith('.jar'));
  if (jars.length === 0) throw new Error(`There are no jars of Delta in ${folder}.`);
  return jars.map((name) => join(folder, name));
}

/** Any answer will do: the server is up when it speaks HTTP. */
async function answers(url: URL): Promise<boolean> {
  try {
    await fetch(url, { method: 'POST' });
    return true;
  } catch {
    return false;
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
