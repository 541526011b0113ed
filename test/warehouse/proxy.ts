import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { arrowRows, arrowSchema, valuesOf } from './arrow-rows.ts';
import type { Certificate } from './certificate.ts';
import { repairMaps, withFormat, withMessage, withParameters } from './dialect.ts';
import { sparkClient } from './spark-client.ts';
import { Int64, type Struct, service, thrift, types } from './thrift.ts';

/** Stands before Spark and speaks as a Databricks SQL warehouse does: TLS, a token, the warehouse's own dialect of the protocol. */
export interface DialectProxy {
  readonly port: number;
  /** The statements that came through, oldest first. */
  readonly statements: readonly string[];
  /** How many statements were cancelled. */
  readonly cancelled: number;
  /** Answers the next openings of sessions with 503, as a warehouse that is starting does. */
  sleepFor(openings: number): void;
  /** Refuses everything with a status; undefined ends that. */
  refuseWith(status: number | undefined): void;
  /** Refuses the next request with a status. */
  refuseOnce(status: number): void;
  /** Closes every session behind its client's back. */
  expireSessions(): Promise<void>;
  /** Calls a function before the rows of a statement are given for the n-th time. */
  onFetch(count: number, act: () => void): void;
  /** Cuts every connection and accepts no more. */
  stop(): Promise<void>;
}

export interface ProxyOptions {
  readonly spark: URL;
  readonly certificate: Certificate;
  readonly token: string;
  readonly path: string;
  readonly port?: number;
}

/** A warehouse holds a statement that long, and answers at once if it is done by then. */
const directMs = 5000;

export async function startProxy(options: ProxyOptions): Promise<DialectProxy> {
  const call = sparkClient(options.spark);
  const operations = new Map<string, { readonly isArrow: boolean; metadata?: Struct }>();
  const sessions = new Map<string, Struct>();
  const statements: string[] = [];
  let cancelled = 0;
  let sleepingFor = 0;
  let refusal: number | undefined;
  let refusalOfNext: number | undefined;
  let fetches = 0;
  let onFetch: { readonly count: number; readonly act: () => void } | undefined;
  const keyOf = (handle: Struct): string => handle.operationId.guid.toString('hex');

  async function metadataOf(handle: Struct): Promise<Struct> {
    const operation = operations.get(keyOf(handle));
    if (operation?.metadata) return operation.metadata;
    const metadata = await call(
      'GetResultSetMetadata',
      new types.TGetResultSetMetadataReq({ operationHandle: handle }),
    );
    withFormat(metadata, operation?.isArrow ?? false);
    if (!metadata.schema || operation === undefined) return metadata;
    if (operation.isArrow) metadata.arrowSchema = arrowSchema(metadata.schema);
    operation.metadata = metadata;
    return metadata;
  }

  async function rowsOf(handle: Struct, maxRows: number, orientation?: number): Promise<Struct> {
    fetches++;
    if (onFetch !== undefined && fetches >= onFetch.count) {
      const { act } = onFetch;
      onFetch = undefined;
      act();
    }
    const fetched = await call(
      'FetchResults',
      new types.TFetchResultsReq({
        operationHandle: handle,
        orientation: orientation ?? types.TFetchOrientation.FETCH_NEXT,
        maxRows: new Int64(maxRows),
        fetchType: 0,
      }),
    );
    if (!fetched.results) return fetched;
    const [column] = fetched.results.columns ?? [];
    const count = column ? valuesOf(column).values.length : 0;
    // Spark always says that there are no more.
    fetched.hasMoreRows = count >= maxRows;
    const metadata = await metadataOf(handle);
    if (metadata.schema && column) repairMaps(metadata.schema, fetched.results);
    if (operations.get(keyOf(handle))?.isArrow) {
      fetched.results = arrowRows(metadata.schema, fetched.results, count);
    }
    return fetched;
  }

  async function close(handle: Struct): Promise<Struct> {
    operations.delete(keyOf(handle));
    return await call('CloseOperation', new types.TCloseOperationReq({ operationHandle: handle }));
  }

  async function finished(handle: Struct): Promise<Struct> {
    const { INITIALIZED_STATE, RUNNING_STATE, PENDING_STATE } = types.TOperationState;
    const until = Date.now() + directMs;
    for (let wait = 5; ; wait = Math.min(100, wait * 2)) {
      const status = withMessage(
        await call(
          'GetOperationStatus',
          new types.TGetOperationStatusReq({ operationHandle: handle }),
        ),
      );
      const isBusy = [INITIALIZED_STATE, RUNNING_STATE, PENDING_STATE].includes(
        status.operationState,
      );
      if (!isBusy || Date.now() > until) return status;
      await sleep(wait);
    }
  }

  const handlers: Record<string, (request: Struct) => Promise<Struct>> = {
    async OpenSession({ configuration, initialNamespace }) {
      const schema = initialNamespace?.schemaName;
      const opened = await call(
        'OpenSession',
        new types.TOpenSessionReq({
          client_protocol: types.TProtocolVersion.HIVE_CLI_SERVICE_PROTOCOL_V10,
          username: 'token',
          password: 'x',
          configuration: { ...configuration, ...(schema && { 'use:database': schema }) },
        }),
      );
      if (!opened.sessionHandle) return opened;
      sessions.set(opened.sessionHandle.sessionId.guid.toString('hex'), opened.sessionHandle);
      opened.serverProtocolVersion = types.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V8;
      opened.canUseMultipleCatalogs = true;
      opened.initialNamespace =
        initialNamespace ??
        new types.TNamespace({ catalogName: 'spark_catalog', schemaName: 'default' });
      return opened;
    },
    async CloseSession(request) {
      sessions.delete(request.sessionHandle.sessionId.guid.toString('hex'));
      return await call('CloseSession', request);
    },
    async ExecuteStatement(request) {
      statements.push(request.statement);
      const answer = await call(
        'ExecuteStatement',
        new types.TExecuteStatementReq({
          sessionHandle: request.sessionHandle,
          statement: withParameters(request.statement, request.parameters),
          confOverlay: {},
          runAsync: true,
          queryTimeout: request.queryTimeout,
        }),
      );
      const handle = answer.operationHandle;
      if (answer.status.statusCode > types.TStatusCode.SUCCESS_WITH_INFO_STATUS || !handle) {
        return answer;
      }
      operations.set(keyOf(handle), { isArrow: Boolean(request.canReadArrowResult) });
      if (!request.getDirectResults) return answer;
      const status = await finished(handle);
      const direct = new types.TSparkDirectResults({ operationStatus: status });
      answer.directResults = direct;
      if (status.operationState === types.TOperationState.ERROR_STATE) {
        direct.closeOperation = await close(handle);
      } else if (
        status.operationState === types.TOperationState.FINISHED_STATE &&
        handle.hasResultSet
      ) {
        direct.resultSetMetadata = await metadataOf(handle);
        if (!direct.resultSetMetadata.schema) {
          // A type that Spark's protocol has no name for.
          return new types.TExecuteStatementResp({ status: direct.resultSetMetadata.status });
        }
        direct.resultSet = await rowsOf(handle, Number(request.getDirectResults.maxRows));
        if (!direct.resultSet.hasMoreRows) direct.closeOperation = await close(handle);
      }
      return answer;
    },
    GetOperationStatus: async ({ operationHandle }) =>
      withMessage(
        await call('GetOperationStatus', new types.TGetOperationStatusReq({ operationHandle })),
      ),
    GetResultSetMetadata: ({ operationHandle }) => metadataOf(operationHandle),
    FetchResults: ({ operationHandle, maxRows, orientation }) =>
      rowsOf(operationHandle, Number(maxRows), orientation),
    CloseOperation: ({ operationHandle }) => close(operationHandle),
    async CancelOperation(request) {
      cancelled++;
      return await call('CancelOperation', request);
    },
    GetInfo: (request) => call('GetInfo', request),
  };
  const processor = new service.Processor(
    Object.fromEntries(
      Object.entries(handlers).map(([method, handle]) => [
        method,
        (request: Struct, done: (error: unknown, answer?: Struct) => void) => {
          handle(request).then((answer) => done(null, answer), done);
        },
      ]),
    ),
  );

  function answer(request: IncomingMessage, body: Buffer, response: ServerResponse) {
    const transport = new thrift.TBufferedTransport(undefined, (bytes: Buffer) => {
      const headers = { 'Content-Type': 'application/x-thrift', 'Content-Length': bytes.length };
      response.writeHead(200, headers).end(bytes);
    });
    const refuse = (status: number, text: string) => void response.writeHead(status).end(text);
    const refused = refusal ?? refusalOfNext;
    refusalOfNext = undefined;
    if (refused !== undefined) return refuse(refused, 'Refused.');
    if (request.method !== 'POST' || request.url !== options.path) {
      return refuse(404, '{"error_code":"ENDPOINT_NOT_FOUND"}');
    }
    if (request.headers.authorization !== `Bearer ${options.token}`) {
      return refuse(403, 'Invalid access token.');
    }
    // The name of the call stands near the beginning.
    if (sleepingFor > 0 && body.subarray(0, 64).includes('OpenSession')) {
      sleepingFor--;
      return refuse(503, 'The warehouse is starting.');
    }
    thrift.TBufferedTransport.receiver((received: Struct) => {
      processor.process(
        new thrift.TBinaryProtocol(received),
        new thrift.TBinaryProtocol(transport),
      );
    }, 0)(body);
  }

  const server = createServer(options.certificate, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => response.destroy());
    request.on('end', () => answer(request, Buffer.concat(chunks), response));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));

  return {
    port: (server.address() as AddressInfo).port,
    statements,
    get cancelled() {
      return cancelled;
    },
    sleepFor(openings) {
      sleepingFor = openings;
    },
    refuseWith(status) {
      refusal = status;
    },
    refuseOnce(status) {
      refusalOfNext = status;
    },
    async expireSessions() {
      for (const handle of sessions.values()) {
        await call('CloseSession', new types.TCloseSessionReq({ sessionHandle: handle }));
      }
      sessions.clear();
    },
    onFetch(count, act) {
      fetches = 0;
      onFetch = { count, act };
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
