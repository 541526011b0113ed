import { join } from 'node:path';
import { openLedger } from '../../src/registry/ledger/ledger.ts';
import { temporaryFolder } from '../support/tables.ts';
import { registryContract } from './registry.ts';
import { runSearchContract } from './run-search.ts';

registryContract('the ledger', async () => {
  const { runs, models } = openLedger(join(await temporaryFolder(), 'asof.db'));
  return { runs, models };
});

runSearchContract('the ledger', async () => openLedger(join(await temporaryFolder(), 'asof.db')));
