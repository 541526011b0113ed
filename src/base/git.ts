import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { withoutLogin } from './without-login.ts';

const run = promisify(execFile);

/** The commit that a folder is checked out at; undefined outside a checkout and where there is no git. */
export async function gitVersion(
  folder: string,
): Promise<
  { readonly commit: string; readonly isDirty?: boolean; readonly remote?: string } | undefined
> {
  const git = async (...args: readonly string[]) => {
    try {
      const { stdout } = await run('git', args, { cwd: folder, timeout: 5000 });
      return stdout.trim();
    } catch {
      // Not a checkout, no such remote, no git: in each case there is nothing to tell.
      return;
    }
  };
  const [commit, changes, remote] = await Promise.all([
    git('rev-parse', '--verify', 'HEAD'),
    git('status', '--porcelain'),
    git('config', '--get', 'remote.origin.url'),
  ]);
  if (commit === undefined) return;
  return {
    commit,
    ...(changes !== undefined && changes !== '' && { isDirty: true }),
    ...(remote !== undefined && { remote: withoutLogin(remote) }),
  };
}
