import type { ReleaseResult } from '@gatehouse/blueprints';
import { CommandError } from '@gatehouse/local';
import { type CommandProcess, parseCommandArguments } from '../command.js';
import { parseVersion, withFlowReleases } from './flow-database.js';

const USAGE = `usage: npm run flow -- publish SLUG [VERSION] [--reason TEXT]
       npm run flow -- rollback SLUG [--reason TEXT]`;
const OPTIONS = { reason: { type: 'string' } } as const;
/** Longest reason, in characters. */
const MAX_REASON_LENGTH = 500;

/** Makes a version of a flow current: the named one, otherwise the newest draft. */
export async function publishVersion(args: readonly string[], process: CommandProcess): Promise<string> {
  const { slug, version, reason } = parseArguments(args, 2);
  const number = version === undefined ? undefined : parseVersion(version);
  const result = await withFlowReleases(process, 'flow publish', (releases) =>
    releases.publish(slug, number, { reason }),
  );
  return formatResult(result, 'published');
}

/** Goes back to the version of a flow that was current before, or stops a rollout. */
export async function rollBackFlow(args: readonly string[], process: CommandProcess): Promise<string> {
  const { slug, reason } = parseArguments(args, 1);
  const result = await withFlowReleases(process, 'flow rollback', (releases) => releases.rollback(slug, { reason }));
  return formatResult(result, 'rolled back');
}

function parseArguments(args: readonly string[], most: number) {
  const { values, names } = parseCommandArguments(args, OPTIONS);
  const [slug = '', version] = names;
  if (names.length > most) throw new CommandError(USAGE);
  if (values.reason !== undefined && values.reason.length > MAX_REASON_LENGTH)
    throw new CommandError(`--reason has more than ${MAX_REASON_LENGTH} characters.`);
  return { slug, version, reason: values.reason };
}

function formatResult({ slug, number, before, isHeld, stoppedRollout }: ReleaseResult, verb: string): string {
  const change =
    number === before
      ? `version ${number} of ${slug} is current`
      : `${verb} ${slug}: version ${number} is current, in place of version ${before}`;
  const stopped = stoppedRollout === undefined ? [] : [`stopped the rollout of version ${stoppedRollout}`];
  const held = isHeld
    ? [
        `${slug} is held: applying blueprints does not publish it until they compile to this version, or you publish theirs`,
      ]
    : [];
  return [change, ...stopped, ...held].join('\n');
}
