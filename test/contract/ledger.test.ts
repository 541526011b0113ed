import { join } from 'node:path';
import { openLedger } from '../../src/registry/ledger/ledger.ts';
import { temporaryFolder } from '../support/tables.ts';
import { registryContract } from './registry.ts';

registryContract('the ledger', async () => {
  const { runs, models } = openLedger(join(await temporaryFolder(), 'asof.db'));
  return { runs, models };
});
