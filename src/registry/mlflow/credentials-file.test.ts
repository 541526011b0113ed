import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseCredentials, readMlflowCredentials } from './credentials-file.ts';

test.each([
  {
    why: 'the usual',
    lines: ['[mlflow]', 'mlflow_tracking_username = ann', 'mlflow_tracking_password = x'],
  },
  {
    why: 'colons',
    lines: ['[mlflow]', 'mlflow_tracking_username: ann', 'mlflow_tracking_password:x'],
  },
  {
    why: 'capitals, comments and other sections',
    lines: [
      '# mlflow_tracking_username = bob',
      '[other]',
      'mlflow_tracking_username = bob',
      '[mlflow]',
      '; mlflow_tracking_username = bob',
      'MLFLOW_TRACKING_USERNAME=ann',
      'Mlflow_Tracking_Password =   x  ',
      '[more]',
      'mlflow_tracking_password = y',
    ],
  },
])('a user and a password are found: $why', ({ lines }) => {
  const login = { username: 'ann', password: 'x' };
  expect(parseCredentials(lines.join('\n'))).toEqual(login);
  expect(parseCredentials(lines.join('\r\n'))).toEqual(login);
});

test.each([
  { text: '', why: 'an empty file' },
  { text: '[mlflow]\nmlflow_tracking_username =\n', why: 'an empty value' },
  { text: 'mlflow_tracking_username = ann', why: 'no section' },
])('nothing is found in $why', ({ text }) => {
  expect(parseCredentials(text)).toEqual({});
});

test('a password may hold what separates, and a doubled percent sign is one', () => {
  const text = '[mlflow]\nmlflow_tracking_password = 50%%=a:b#c;d';
  expect(parseCredentials(text)).toEqual({ password: '50%=a:b#c;d' });
});

test('a file that is not there is no login; one that is no file is told', async () => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  expect(await readMlflowCredentials(`${folder}/.no-such-file`)).toEqual({});
  await expect(readMlflowCredentials(folder)).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    details: { path: folder },
  });
});
