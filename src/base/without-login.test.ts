import { expect, test } from 'vitest';
import { withoutLogin } from './without-login.ts';

test.each([
  { address: 'https://me:s3cret@host/path', told: 'https://host/path', why: 'user and password' },
  { address: 'https://token@host/path', told: 'https://host/path', why: 'a token alone' },
  { address: 'https://:s3cret@host:5000', told: 'https://host:5000', why: 'a password alone' },
  { address: 'https://me:p@ss@host/', told: 'https://host/', why: 'a password with an @ in it' },
  {
    address: 'https://me:p:ss@[::1]:80/',
    told: 'https://[::1]:80/',
    why: 'what is before an IPv6 host',
  },
  { address: 'https://me:s3#cret@host', told: 'https://host', why: 'a password with a # in it' },
  {
    address: 'https://me:s3?/ret@host/x',
    told: 'https://host/x',
    why: 'a password with a / in it',
  },
  { address: 'git+ssh://me:s3cret@host/x', told: 'git+ssh://host/x', why: 'whatever the scheme' },
  { address: 'HTTPS://me:s3cret@host', told: 'HTTPS://host', why: 'in capitals' },
  {
    address: 'postgresql+psycopg2://mlflow:s3cret@db/mlflow',
    told: 'postgresql+psycopg2://db/mlflow',
    why: 'those of a database',
  },
])('taken out: $why', ({ address, told }) => {
  expect(withoutLogin(address)).toBe(told);
});

test.each([
  { address: 'https://host/path@v2', why: 'an @ in the path' },
  { address: 'https://host:5000/path@v2', why: 'an @ in the path behind a port' },
  { address: 'https://[::1]:80/path@v2', why: 'an @ in the path behind a port of an IPv6 host' },
  { address: 'https://host?to=me@example.com', why: 'an @ in the query' },
  { address: 'git@github.com:acme/churn.git', why: 'a user of ssh, who has no password here' },
  { address: '/home/me@work/mlruns', why: 'a path' },
  { address: 'databricks://profile', why: 'an address without a login' },
])('left as it is: $why', ({ address }) => {
  expect(withoutLogin(address)).toBe(address);
});
