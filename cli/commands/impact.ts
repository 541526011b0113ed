import { Command, Option } from '@commander-js/extra-typings';
import {
  connectRegistry,
  type DeltaTables,
  type ImpactRequest,
  impact,
  LineageError,
  parseStage,
  parseTableRef,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { evidenceFor, requireLedger, sourcesFor, tablesFor } from '../inputs.ts';
import { collect, configOption, jsonOption } from '../options.ts';
import { impactMarkdown, impactText } from '../render/impact.ts';
import { warningLines } from '../render/text.ts';
import { settingsFor } from '../settings.ts';

/** What `asof impact` exits with when a protected stage is hit. */
const checkFailed = 5;

export function impactCommand(context: CommandContext) {
  return new Command('impact')
    .argument('<table>', 'TABLE@v47, TABLE@v12..v15, or TABLE with --predicate')
    .option(
      '--predicate <condition>',
      'which trained versions hold rows that meet this SQL condition: for a deletion request',
    )
    .option(
      '--protect <stage>',
      'exit with 5 when a model in this stage is affected; again for more; default Production; none for none',
      collect,
    )
    .option('--offline', "read runs and models from the copy that 'asof sync' keeps", false)
    .addOption(new Option('--md', 'print Markdown, for a pull request').conflicts('json'))
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nExamples:\n  asof impact analytics.customer_features@v47\n  asof impact analytics.customer_features --predicate "customer_id = 7"\n',
    )
    .action(async (text, { predicate, protect = ['Production'], offline, md, json, config }) => {
      const settings = await settingsFor(context, config);
      const { signal, now } = context;
      const tables = tablesFor(context, settings);
      const request: ImpactRequest = {
        ...requestOf(text, predicate, tables),
        protectedStages: protect.map(parseStage).filter((stage) => stage !== 'None'),
      };
      const registry = await connectRegistry(settings, context);
      try {
        const options = { ...evidenceFor(settings), now: now(), signal };
        const result = await impact(request, { ...sourcesFor(registry, offline), tables }, options);
        requireLedger(settings);
        if (json) context.out(`${JSON.stringify(result)}\n`);
        else if (md) context.out(impactMarkdown(result));
        else context.out(impactText(result, context));
        if (!json) context.err(warningLines(result.warnings));
        if (result.isProtectedHit) context.end(checkFailed);
      } finally {
        registry.close();
      }
    });
}

function requestOf(
  text: string,
  predicate: string | undefined,
  tables: DeltaTables,
): Omit<ImpactRequest, 'protectedStages'> {
  const [, base, first, last] = /^(.+)@v(\d+)\.\.v?(\d+)$/i.exec(text) ?? [];
  const asked = parseTableRef(base === undefined ? text : `${base}@v${last}`);
  const table = tables.open(asked.table);
  const given = predicate === undefined ? {} : { predicate };
  if (asked.moment.kind === 'latest' && predicate !== undefined) return { table, ...given };
  if (asked.moment.kind !== 'version') {
    const problem = 'the commit is wanted, as TABLE@v47, or several as TABLE@v12..v15';
    throw new LineageError('REF_INVALID', { text, problem });
  }
  const to = asked.moment.version;
  const from = first === undefined ? to : Number(first);
  if (from > to || !Number.isSafeInteger(from)) {
    const problem = 'the first commit of a range comes before its last';
    throw new LineageError('REF_INVALID', { text, problem });
  }
  return { table, commits: { from, to }, ...given };
}
