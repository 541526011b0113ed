import { expect, test } from 'vitest';
import { fromDriver } from './driver-failures.ts';

const settings = {
  host: 'w',
  port: 443,
  path: '/sql/1.0/warehouses/1',
  using: 'a token',
} as Parameters<typeof fromDriver>[1];

/** As the driver throws it: Thrift's errors are told by their name. */
const thrown = (name: string, message: string) => Object.assign(new Error(message), { name });

test.each([
  { error: thrown('TTransportException', 'socket hang up'), code: 'WAREHOUSE_UNREACHABLE' },
  { error: thrown('FetchError', 'Premature close'), code: 'WAREHOUSE_UNREACHABLE' },
  { error: thrown('TProtocolException', 'Bad version'), code: 'UNEXPECTED_RESPONSE' },
  { error: { ...new Error(), code: 'ECONNREFUSED' }, code: 'WAREHOUSE_UNREACHABLE' },
])('$error.message is $code', ({ error, code }) => {
  expect(fromDriver(error, settings)).toMatchObject({ code });
});

test('what is none of its errors passes', () => {
  const error = new TypeError('a fault of ours');
  expect(fromDriver(error, settings)).toBe(error);
});
