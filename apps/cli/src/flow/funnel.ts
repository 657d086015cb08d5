import { escapeUnprintable, printableJson } from '@gatehouse/contracts';
import {
  type Funnel,
  FunnelRepository,
  type FunnelStep,
  FunnelTimeoutError,
  type FunnelVersion,
} from '@gatehouse/executor-postgres';
import { CommandError } from '@gatehouse/local';
import { type CommandProcess, parseCommandArguments } from '../command.js';
import { withFlowDatabase } from '../sealed-flow-database.js';
import { parseVersion } from './flow-database.js';
import { parsePeriod } from './period.js';
import { findStoredVersion } from './stored-version.repository.js';

/** Usage of `npm run flow -- funnel`, with all options. */
export const FUNNEL_USAGE = 'usage: npm run flow -- funnel SLUG [--since 7d] [--version N] [--json]';
const OPTIONS = {
  since: { type: 'string' },
  version: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;
/** Time limit of a statement that counts records. */
const TIMEOUT_MS = 300_000;

/** Returns how many visitors reached, passed and left each step of a flow. */
export async function showFunnel(args: readonly string[], { env }: CommandProcess): Promise<string> {
  const { values, names } = parseCommandArguments(args, OPTIONS);
  const [slug = '', ...others] = names;
  if (others.length > 0) throw new CommandError(FUNNEL_USAGE);
  const version = values.version === undefined ? undefined : parseVersion(values.version);
  const since = new Date(Date.now() - parsePeriod(values.since));
  const funnel = await withFlowDatabase(env, async (source) => {
    const found = await new FunnelRepository(source, TIMEOUT_MS).find({ slug, since, version }).catch(asCommandError);
    if (typeof found === 'object') return found;
    await findStoredVersion(source, slug, version);
    throw new CommandError(`The flow ${slug} changed while its records were counted. Try again.`);
  });
  if (values.json) return printableJson({ slug, ...funnel });
  return funnelText(slug, funnel);
}

function asCommandError(error: unknown): never {
  if (!(error instanceof FunnelTimeoutError)) throw error;
  throw new CommandError(`${error.message} Choose a shorter period with --since.`, { cause: error });
}

function funnelText(slug: string, { since, versions }: Funnel): string {
  const period = `since ${since.toISOString()}`;
  if (versions.length === 0) return `no plan of ${slug} has ended ${period}`;
  return [`${slug} ${period}`, ...versions.flatMap(versionLines)].join('\n');
}

function versionLines(version: FunnelVersion): string[] {
  const { begun, done, loggedIn, denied, abandoned, expired, counted } = version;
  const title = version.version === null ? `deleted version ${version.versionId}` : `version ${version.version}`;
  const ends = `${done} done (${loggedIn} logged in), ${denied} denied, ${abandoned} abandoned, ${expired} expired`;
  const unrecorded = counted === 0 ? [] : [`  ${counted} of them have no record, so they are in no step`];
  const header = ['step', 'reached', 'passed', 'rejected', 'denied', 'abandoned', 'median'];
  const steps = version.steps.length === 0 ? [] : table([header, ...version.steps.map(stepCells)]);
  return ['', `${title}: ${begun} begun, ${ends}`, ...unrecorded, ...steps];
}

const stepCells = ({ step, name, kind, reached, passed, rejected, denied, abandoned, medianMs }: FunnelStep) => [
  escapeUnprintable(name ?? `${kind ?? 'step'} ${step}`),
  ...[reached, passed, rejected, denied, abandoned].map(String),
  medianMs === null ? '' : `${(medianMs / 1000).toFixed(1)} s`,
];

/** Aligns cells in columns: the first column to the left, all others to the right. */
function table(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const aligned = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return rows.map((row) => `  ${row.map(aligned).join('  ')}`.trimEnd());
}
