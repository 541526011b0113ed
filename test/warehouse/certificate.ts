import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  /** PEM; its own authority. */
  readonly cert: string;
  readonly key: string;
  /** Where `cert` lies. */
  readonly path: string;
}

/** A certificate of this machine's loopback, made now and good for a few days. */
export function makeCertificate(folder: string): Certificate {
  const path = join(folder, 'cert.pem');
  const keyPath = join(folder, 'key.pem');
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '5', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', keyPath, '-out', path],
    ],
    { stdio: 'pipe' },
  );
  return { cert: readFileSync(path, 'utf8'), key: readFileSync(keyPath, 'utf8'), path };
}
