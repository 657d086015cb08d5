import type { ReleaseResult } from '@gatehouse/blueprints';
import { MAX_RELEASE_REASON } from '@gatehouse/contracts';
import { CommandError } from '@gatehouse/local';
import { type CommandProcess, parseCommandArguments } from '../command.js';
import { parseVersion, withFlowReleases } from './flow-database.js';
import { parseRollout, startRollout } from './start-rollout.js';

/** Usage of `npm run flow -- publish`, with all options. */
export const PUBLISH_USAGE = `usage: npm run flow -- publish SLUG [VERSION] [--reason TEXT] [--percent NUMBER [--guard completion=-2% [--for 1h]]]
       npm run flow -- rollback SLUG [--reason TEXT]`;
const OPTIONS = { reason: { type: 'string' } } as const;
const PUBLISH_OPTIONS = {
  ...{ ...OPTIONS, percent: { type: 'string' }, for: { type: 'string' }, guard: { type: 'string' } },
} as const;

/**
 * Makes a version of a flow current, or gives the version a share of the new plans. Without a version number, uses the
 * newest draft.
 */
export async function publishVersion(args: readonly string[], process: CommandProcess): Promise<string> {
  const { values, slug, version, reason } = parseArguments(args, 2, PUBLISH_OPTIONS);
  const number = version === undefined ? undefined : parseVersion(version);
  const rollout = parseRollout(values);
  if (rollout) return startRollout({ slug, number, reason, ...rollout }, process);
  const result = await withFlowReleases(process, 'flow publish', (releases) =>
    releases.publish(slug, number, { reason }),
  );
  return formatResult(result, 'published');
}

/** Makes the previous version of a flow current again, or stops a rollout. */
export async function rollBackFlow(args: readonly string[], process: CommandProcess): Promise<string> {
  const { slug, reason } = parseArguments(args, 1, OPTIONS);
  const result = await withFlowReleases(process, 'flow rollback', (releases) => releases.rollback(slug, { reason }));
  return formatResult(result, 'rolled back');
}

function parseArguments<T extends typeof OPTIONS>(args: readonly string[], most: number, options: T) {
  const { values, names } = parseCommandArguments(args, options);
  const [slug = '', version] = names;
  if (names.length > most) throw new CommandError(PUBLISH_USAGE);
  const { reason }: { readonly reason?: string } = values;
  // Counts code points, as the API does.
  if (reason !== undefined && Array.from(reason).length > MAX_RELEASE_REASON)
    throw new CommandError(`--reason has more than ${MAX_RELEASE_REASON} characters.`);
  return { values, slug, version, reason };
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
