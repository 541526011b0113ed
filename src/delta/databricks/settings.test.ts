import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/tables.ts';
import { warehouseSettings } from './settings.ts';

const nowhere = { configFile: '/nonexistent/.databrickscfg' };
const host = 'dbc-1.cloud.databricks.com';
const whole = {
  DATABRICKS_HOST: host,
  DATABRICKS_WAREHOUSE_ID: 'abc123',
  DATABRICKS_TOKEN: 'dapi',
};

describe('the warehouse that the settings name', () => {
  test('is none without a warehouse id or an HTTP path, whatever else is set', () => {
    expect(warehouseSettings({}, nowhere)).toBeUndefined();
    const { DATABRICKS_WAREHOUSE_ID: _, ...others } = whole;
    expect(warehouseSettings(others, nowhere)).toBeUndefined();
  });

  test('is found by its id', () => {
    expect(warehouseSettings(whole, nowhere)).toEqual({
      host,
      port: 443,
      path: '/sql/1.0/warehouses/abc123',
      login: { kind: 'token', token: 'dapi' },
      using: 'DATABRICKS_TOKEN',
    });
  });

  test('may stand behind a gateway with a port, a path and authorities of its own', () => {
    const env = {
      ...whole,
      DATABRICKS_HOST: 'https://gateway.local:8443/',
      DATABRICKS_HTTP_PATH: '/sql/protocolv1/o/0/1',
      DATABRICKS_CA_FILE: '/etc/ca.pem',
    };
    expect(warehouseSettings(env, nowhere)).toMatchObject({
      host: 'gateway.local',
      port: 8443,
      path: '/sql/protocolv1/o/0/1',
      caFile: '/etc/ca.pem',
    });
  });

  test('takes the login of a service principal', () => {
    const { DATABRICKS_TOKEN: _, ...others } = whole;
    const env = { ...others, DATABRICKS_CLIENT_ID: 'id', DATABRICKS_CLIENT_SECRET: 'secret' };
    expect(warehouseSettings(env, nowhere)?.login).toEqual({
      kind: 'oauth',
      clientId: 'id',
      clientSecret: 'secret',
    });
  });

  test.each([
    ['no host', { DATABRICKS_HOST: '' }],
    ['plain http', { DATABRICKS_HOST: 'http://dbc' }],
    ['an id that is a path', { DATABRICKS_WAREHOUSE_ID: 'a/../b' }],
    ['no login', { DATABRICKS_TOKEN: '' }],
    ['a profile and no file', { DATABRICKS_CONFIG_PROFILE: 'x' }],
  ])('is half configured with %s', (_, change) => {
    expect(() => warehouseSettings({ ...whole, ...change }, nowhere)).toThrow(
      expect.objectContaining({ code: 'DATABRICKS_UNCONFIGURED' }),
    );
  });

  test('comes from a profile, and variables go before it', async () => {
    const configFile = join(await temporaryFolder(), '.databrickscfg');
    writeFileSync(
      configFile,
      `; mine\n[DEFAULT]\nhost = https://default.net\ntoken = a=b==\nwarehouse_id = w1\n\n[prod]\nhost=https://prod.net/\r\nhttp_path = /sql/1.0/warehouses/w2\n# no\nclient_id = me\nclient_secret = s\n`,
    );
    expect(warehouseSettings({}, { configFile })).toMatchObject({
      host: 'default.net',
      path: '/sql/1.0/warehouses/w1',
      login: { token: 'a=b==' },
    });
    const env = { DATABRICKS_CONFIG_PROFILE: 'prod', DATABRICKS_HOST: 'other.net' };
    expect(warehouseSettings(env, { configFile })).toMatchObject({
      host: 'other.net',
      path: '/sql/1.0/warehouses/w2',
      login: { kind: 'oauth', clientId: 'me' },
    });
    expect(() => warehouseSettings({ DATABRICKS_CONFIG_PROFILE: 'nope' }, { configFile })).toThrow(
      expect.objectContaining({ code: 'DATABRICKS_UNCONFIGURED' }),
    );
  });
});
