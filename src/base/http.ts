import { setTimeout as sleep } from 'node:timers/promises';
import { LineageError } from './errors.ts';
import { type TransportSettings, transportFor } from './http-transport.ts';
import { jsonOf } from './json-of.ts';
import { inWords, networkCode, wasCut } from './network-failure.ts';
import type { Fetch } from './node-http.ts';

export interface HttpSettings extends TransportSettings {
  /** Sent with every request, and never past a redirect: asof follows none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Gives the header to log in with, anew for each request. */
  readonly authorize?: () => Promise<string>;
  /** What the headers log in with, for messages: "a token", "no credentials". Never the secret itself. */
  readonly credentials: string;
  readonly timeoutSeconds?: number;
  /** How often a busy server is asked again; one that is broken or gone, three times at most. */
  readonly maxRetries?: number;
  /** The first pause before asking again; each later one is twice as long. */
  readonly pauseMs?: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  readonly url: URL;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, where there is no `json`. */
  readonly text?: string;
  /** Whether doing it twice is the same as doing it once. GET always is. */
  readonly isRepeatable?: boolean;
  /** What comes back is text as it is, not JSON: a file. Refusals are JSON all the same. */
  readonly isText?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What a server said, refusals included; `body` is JSON, read but not checked, or the text that was asked for. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Sends a request and reads the JSON that comes back. An empty answer is an empty object.
 *
 * @throws LineageError SERVER_UNREACHABLE, SERVER_TIMEOUT, LOGIN_REFUSED (HTTP 401 and 403), SERVER_REFUSED (a failed
 * request whose reason is not JSON), UNEXPECTED_RESPONSE (anything else that is not JSON, and redirects)
 */
export type Http = (request: HttpRequest) => Promise<HttpAnswer>;

/** What came of one try: an answer in whatever form, or a failure to get one. */
type Outcome =
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly reason: string;
      readonly contentType: string;
      readonly retryAfter: string | undefined;
      readonly location: string | undefined;
      readonly text: string;
    }
  | { readonly type: 'lost'; readonly code: string; readonly error: LineageError };

type Answer = Outcome & { readonly type: 'answer' };

const gatewayFailures = new Set([502, 503, 504]);
const passing = new Set([408, 500, ...gatewayFailures]);
const retriesOfBroken = 3;
const longestPauseMs = 30_000;

export function httpClient(settings: HttpSettings): Http {
  const { timeoutSeconds = 120, maxRetries = 7, pauseMs = 250 } = settings;
  let transport: Promise<Fetch> | undefined;

  return async (request) => {
    transport ??= transportFor(settings);
    const send = await transport;
    const authorization = await settings.authorize?.();
    const headers = { ...settings.headers, ...(authorization !== undefined && { authorization }) };
    for (let retries = 0; ; retries++) {
      const outcome = await tryOnce(send, request, headers, timeoutSeconds);
      const pause = pauseBeforeRetry(outcome, request, retries, {
        maxRetries,
        pauseMs,
        timeoutSeconds,
      });
      if (pause === undefined) return read(outcome, request, settings.credentials);
      // An abort ends the pause; the next try begins by throwing its reason.
      await sleep(pause, undefined, { signal: request.signal }).catch(() => {});
    }
  };
}

async function tryOnce(
  send: Fetch,
  { method, url, json, text, signal }: HttpRequest,
  headers: HttpSettings['headers'],
  timeoutSeconds: number,
): Promise<Outcome> {
  signal?.throwIfAborted();
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  const body = json === undefined ? text : JSON.stringify(json);
  try {
    const response = await send(url.href, {
      method,
      headers: {
        accept: 'application/json',
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      redirect: 'manual',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      ...(body !== undefined && { body }),
    });
    return {
      type: 'answer',
      status: response.status,
      reason: response.statusText,
      contentType: response.headers.get('content-type') ?? 'no content type',
      retryAfter: response.headers.get('retry-after') ?? undefined,
      location: response.headers.get('location') ?? undefined,
      text: await response.text(),
    };
  } catch (error) {
    signal?.throwIfAborted();
    const code = timeout.aborted ? 'TIMEOUT' : networkCode(error);
    if (code === undefined) throw error;
    const address = `${url.origin}${url.pathname}`;
    const failure = slowCodes.has(code)
      ? new LineageError(
          'SERVER_TIMEOUT',
          // undici, through a proxy, has a limit of its own below ours.
          { url: address, seconds: code === 'TIMEOUT' ? timeoutSeconds : 300 },
          { cause: error },
        )
      : new LineageError(
          'SERVER_UNREACHABLE',
          { url: url.origin, problem: inWords(code, error, url) },
          { cause: error },
        );
    return { type: 'lost', code, error: failure };
  }
}

const slowCodes = new Set(['TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
/** The connection was never made, so that the server can't have done anything yet. */
const beforeConnection = new Set(['ECONNREFUSED', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** How long to wait before asking again, or undefined to take the outcome as it is. */
function pauseBeforeRetry(
  outcome: Outcome,
  { method, isRepeatable = method === 'GET' }: HttpRequest,
  retries: number,
  limits: { maxRetries: number; pauseMs: number; timeoutSeconds: number },
): number | undefined {
  const next = Math.min(limits.pauseMs * 2 ** retries, longestPauseMs) * (0.75 + Math.random() / 2);
  if (outcome.type === 'lost') {
    const isSafe = beforeConnection.has(outcome.code) || (isRepeatable && wasCut(outcome.code));
    return isSafe && retries < Math.min(retriesOfBroken, limits.maxRetries) ? next : undefined;
  }
  // A request turned away for being one too many was not begun, so that it may be sent again whatever it was.
  const isBusy = outcome.status === 429;
  if (!isBusy && !(isRepeatable && passing.has(outcome.status))) return undefined;
  const asked = secondsToWait(outcome.retryAfter);
  const most =
    isBusy || asked !== undefined
      ? limits.maxRetries
      : Math.min(retriesOfBroken, limits.maxRetries);
  if (retries >= most || (asked ?? 0) > limits.timeoutSeconds) return undefined;
  return asked === undefined ? next : asked * 1000;
}

/** Retry-After holds seconds or a date. Source: RFC 9110, "Retry-After". */
function secondsToWait(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter);
  const instant = Date.parse(retryAfter);
  return Number.isNaN(instant) ? undefined : Math.max(0, (instant - Date.now()) / 1000);
}

function read(
  outcome: Outcome,
  { method, url, isText }: HttpRequest,
  credentials: string,
): HttpAnswer {
  if (outcome.type === 'lost') throw outcome.error;
  const { status, text, reason } = outcome;
  const source = `${method} ${url.origin}${url.pathname}`;
  if (status >= 300 && status < 400) {
    const problem = `It redirects to ${target(outcome, url)}, where asof does not follow with its credentials.`;
    throw new LineageError('UNEXPECTED_RESPONSE', { source, problem });
  }
  if (isText && status < 300) return { status, body: text };
  const body = jsonOf(status < 300 && text.trim() === '' ? '{}' : text);
  if (status === 401 || status === 403) {
    const problem = messageOf(body) ?? (beginning(text) || reason);
    throw new LineageError('LOGIN_REFUSED', {
      url: url.origin,
      status,
      using: credentials,
      problem,
    });
  }
  if (body !== undefined) return { status, body };
  if (gatewayFailures.has(status)) {
    const problem = `what stands before it answers HTTP ${status} ${reason}`.trimEnd();
    throw new LineageError('SERVER_UNREACHABLE', { url: url.origin, problem });
  }
  if (status === 429 || status >= 500) {
    const problem = beginning(text) || reason || 'it gave no reason';
    throw new LineageError('SERVER_REFUSED', { source, status, problem });
  }
  const problem = `HTTP ${status} ${reason}, ${outcome.contentType}, not JSON: ${beginning(text)}`;
  throw new LineageError('UNEXPECTED_RESPONSE', { source, problem });
}

/** Where a redirect leads, without its query: login pages carry state there. */
function target({ location = 'nowhere' }: Answer, from: URL): string {
  if (!URL.canParse(location, from.href)) return location;
  const { origin, pathname } = new URL(location, from.href);
  return `${origin}${pathname}`;
}

function messageOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('message' in body)) return undefined;
  return typeof body.message === 'string' ? body.message : undefined;
}

function beginning(text: string): string {
  const line = text
    .replace(/<(style|script)\b[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
