import { describeChanges } from '@gatehouse/blueprints';
import { printableJson } from '@gatehouse/contracts';
import { CommandError } from '@gatehouse/local';
import { type CommandProcess, parseCommandArguments } from '../command.js';
import { parseVersion, withFlowReleases } from './flow-database.js';

const USAGE = 'usage: npm run flow -- diff SLUG FROM_VERSION TO_VERSION [--json]';

/** Returns the differences between two versions of a flow. */
export async function compareVersions(args: readonly string[], process: CommandProcess): Promise<string> {
  const { values, names } = parseCommandArguments(args, { json: { type: 'boolean', default: false } });
  const [slug = '', from, to, ...others] = names;
  if (from === undefined || to === undefined || others.length > 0) throw new CommandError(USAGE);
  const [before, after] = [parseVersion(from), parseVersion(to)];
  const changes = await withFlowReleases(process, undefined, (releases) => releases.diff(slug, before, after));
  if (values.json) return printableJson({ slug, from: before, to: after, changes });
  const lines = describeChanges(changes);
  return lines.length > 0 ? lines.join('\n') : `versions ${before} and ${after} of ${slug} do not differ`;
}
