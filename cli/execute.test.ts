import { expect, test } from 'vitest';
import { execute } from './execute.ts';

test.each([
  { command: [''], problem: 'it has no name' },
  { command: ['no-such-program-here'], problem: 'there is no such program' },
])(
  'a command that can not be started is said to be so ($problem)',
  async ({ command, problem }) => {
    const options = { env: process.env, isOutputOnStderr: true };
    await expect(execute(command, options)).rejects.toMatchObject({
      code: 'COMMAND_NOT_STARTED',
      details: { problem },
    });
  },
);
