import { simulatedContracts as contracts } from '@gatehouse/blueprints';
import { escapeUnprintable, printableJson } from '@gatehouse/contracts';
import { apiVersionIn, CommandError } from '@gatehouse/local';
import { type CommandProcess, parseCommandArguments } from '../command.js';
import { withFlowDatabase } from '../sealed-flow-database.js';
import { parseVersion } from './flow-database.js';
import { parsePeriod } from './period.js';
import { RecordedRunRepository } from './recorded-runs.repository.js';
import { type CountedCause, ReplayCounter, type ReplayReport } from './replay-report.js';
import { findStoredVersion } from './stored-version.repository.js';

const USAGE = 'usage: npm run flow -- replay SLUG DRAFT [--since 7d] [--json]';
const OPTIONS = { since: { type: 'string' }, json: { type: 'boolean', default: false } } as const;

/** Returns what a version of a flow would change for the visitors whose runs were recorded. */
export async function replayFlow(args: readonly string[], { env }: CommandProcess): Promise<string> {
  const { values, names } = parseCommandArguments(args, OPTIONS);
  const [slug = '', draft, ...others] = names;
  if (draft === undefined || others.length > 0) throw new CommandError(USAGE);
  const number = parseVersion(draft);
  const since = new Date(Date.now() - parsePeriod(values.since));
  const report = await withFlowDatabase(env, async (source) => {
    const { version } = await findStoredVersion(source, slug, number);
    const runs = new RecordedRunRepository(source);
    const flowId = await runs.findFlow(slug);
    const counter = new ReplayCounter({ version, contracts, line: apiVersionIn(env) }, runs);
    for await (const page of flowId === undefined ? [] : runs.read(flowId, since))
      for (const group of page) await counter.add(group);
    return counter.report();
  });
  if (values.json) return printableJson({ slug, version: number, since, ...report });
  return reportText(`${slug} version ${number}`, since, report);
}

const TITLES: Readonly<Record<CountedCause['type'], string>> = {
  meets: 'would meet the step',
  misses: 'would not meet the step',
  ends: 'would end otherwise:',
  unknown: 'are unknown because of:',
};

function reportText(title: string, since: Date, { plans, unfinished, causes }: ReplayReport): string {
  const { same, changed, otherwise, unknown } = plans;
  const total = same + changed + otherwise + unknown;
  const left = unfinished === 0 ? [] : [`${unfinished} abandoned or expired runs are not replayed`];
  if (total === 0) return [`no finished run is recorded since ${since.toISOString()}`, ...left].join('\n');
  return [
    `${title}, with ${total} finished or denied runs since ${since.toISOString()}:`,
    `  ${same} would go as they did`,
    `  ${changed} would end as they did, with other steps`,
    `  ${otherwise} would end otherwise`,
    `  ${unknown} are unknown`,
    ...left,
    ...causes.map(({ type, text, plans: concerned }) => escapeUnprintable(`${concerned} ${TITLES[type]} ${text}`)),
  ].join('\n');
}
