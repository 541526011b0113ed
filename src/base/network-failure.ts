/** The code of the failure underneath `fetch failed`; undefined where nothing says that the network was to blame. */
export function networkCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    if (at.message === 'bad port') return 'BAD_PORT';
  }
  const isFetch = error instanceof TypeError && error.message === 'fetch failed';
  return isFetch ? 'FETCH_FAILED' : undefined;
}

/** Why a server could not be reached, for people. */
export function inWords(code: string, error: unknown, { hostname }: URL): string {
  const known: Record<string, string> = {
    ECONNREFUSED: 'nothing listens there (connection refused)',
    ENOTFOUND: `the name ${hostname} is unknown`,
    EAI_AGAIN: `the name ${hostname} could not be looked up just now`,
    ETIMEDOUT: 'the connection could not be made in time',
    UND_ERR_CONNECT_TIMEOUT: 'the connection could not be made in time',
    EHOSTUNREACH: 'no way leads to that host',
    ENETUNREACH: 'no way leads to that network',
    BAD_PORT: 'that port is reserved for something else, and Node refuses it',
    EPROTO: 'it does not speak TLS; perhaps the address must start with http://',
    ERR_SSL_WRONG_VERSION_NUMBER:
      'it does not speak TLS; perhaps the address must start with http://',
  };
  if (wasCut(code)) return 'the connection was cut before the answer was whole';
  if (code.startsWith('HPE_')) return 'what answers there does not speak HTTP';
  const detail = deepest(error);
  if (/CERT|SIGNATURE|ISSUER|SELF_SIGNED/.test(code))
    return `its certificate is not trusted: ${detail}`;
  return known[code] ?? `${detail} (${code})`;
}

/** The connection was there and then was not. */
export function wasCut(code: string): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET';
}

function deepest(error: unknown): string {
  let at = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  return at instanceof Error ? at.message : String(at);
}
