import { expect, test } from 'vitest';
import type { LineageError } from '../../base/errors.ts';
import { serverAddress } from './address.ts';

test.each([
  { uri: 'http://127.0.0.1:5000', base: 'http://127.0.0.1:5000/', why: 'the usual' },
  { uri: ' https://mlflow.test/ ', base: 'https://mlflow.test/', why: 'blanks around it' },
  { uri: 'http://h/mlflow', base: 'http://h/mlflow/', why: 'a path prefix' },
  { uri: 'http://h/a/b//?x=1#y', base: 'http://h/a/b/', why: 'more than an address' },
  { uri: 'HTTP://H:80', base: 'http://h/', why: 'letter case and the usual port' },
])('$uri: $why', ({ uri, base }) => {
  expect(serverAddress(uri)).toEqual({ base: new URL(base) });
});

test('a login in the address is taken out of it', () => {
  expect(serverAddress('https://ann%40x:p%3Aw@h/mlflow')).toEqual({
    base: new URL('https://h/mlflow/'),
    login: { username: 'ann@x', password: 'p:w' },
  });
});

test.each([
  { uri: 'http://u:50%off%40@h', password: '50%off@' },
  { uri: 'http://u:%ff@h', password: '%ff' },
])(
  'in the login of $uri a percent sign that begins no code of a character is one',
  ({ uri, password }) => {
    expect(serverAddress(uri).login).toEqual({ username: 'u', password });
  },
);

test.each([
  {
    uri: 'sqlite:///mlflow.db',
    instead:
      "Run 'mlflow server --backend-store-uri sqlite:///mlflow.db --port 5000', then set MLFLOW_TRACKING_URI=http://127.0.0.1:5000.",
  },
  {
    uri: './mlruns',
    instead: expect.stringContaining(
      'MLFLOW_ALLOW_FILE_STORE=true mlflow server --backend-store-uri ./mlruns --port 5000',
    ),
  },
  { uri: 'file:///data/mlruns', instead: expect.stringContaining('file:///data/mlruns') },
  { uri: '', instead: expect.stringContaining('--backend-store-uri ./mlruns') },
  { uri: 'localhost:5000', instead: 'Write http://localhost:5000.' },
  { uri: 'http://', instead: 'Write it as http://HOST:PORT.' },
  { uri: 'databricks', instead: expect.stringContaining('ledger') },
  { uri: 'databricks://profile', instead: expect.stringContaining('ledger') },
  { uri: 'databricks-uc', instead: expect.stringContaining('ledger') },
  { uri: 'arn:aws:sagemaker:x', instead: expect.stringContaining('http://') },
])("'$uri' is refused with what to do instead", ({ uri, instead }) => {
  expect(() => serverAddress(uri)).toThrow(
    expect.objectContaining({
      code: 'TRACKING_URI_UNSUPPORTED',
      details: expect.objectContaining({ uri, instead }),
    }),
  );
});

test.each([
  'postgresql://mlflow:hunter2@db/mlflow',
  'postgresql://mlflow:p@ss/hunter2@db/mlflow',
  'http://mlflow:hunter2@',
  'http://mlflow:a#hunter2@h:5000',
  'mlflow:hunter2@h:5000',
  'mysql+pymysql://root:hunter2@db:3306/x?charset=utf8',
  'mssql+pyodbc:///?odbc_connect=PWD%3Dhunter2',
])('a refused %s keeps its password to itself', (uri) => {
  const error = caught(() => serverAddress(uri));
  expect(error.code).toBe('TRACKING_URI_UNSUPPORTED');
  expect(error.message + error.hint + JSON.stringify(error.details)).not.toContain('hunter2');
});

function caught(act: () => unknown): LineageError {
  try {
    return expect.unreachable(String(act()));
  } catch (error) {
    return error as LineageError;
  }
}
