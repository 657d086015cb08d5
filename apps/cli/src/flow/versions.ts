import type { FlowVersions, VersionSummary } from '@gatehouse/blueprints';
import { escapeUnprintable, printableJson } from '@gatehouse/contracts';
import { CommandError } from '@gatehouse/local';
import { type CommandProcess, parseCommandArguments } from '../command.js';
import { withFlowReleases } from './flow-database.js';

const USAGE = 'usage: npm run flow -- versions SLUG [--json]';

/** Returns the versions of a flow, the newest first. */
export async function listVersions(args: readonly string[], process: CommandProcess): Promise<string> {
  const { values, names } = parseCommandArguments(args, { json: { type: 'boolean', default: false } });
  const [slug = '', ...others] = names;
  if (others.length > 0) throw new CommandError(USAGE);
  const found = await withFlowReleases(process, undefined, (releases) => releases.versions(slug));
  return values.json ? printableJson(found) : formatVersions(found);
}

function formatVersions({ slug, isHeld, versions }: FlowVersions): string {
  const compiled = versions.find(({ isCompiled }) => isCompiled);
  const held = `${slug} is held: applying blueprints does not publish it. The stored objects compile to version ${compiled?.number}.`;
  return [...versions.map(formatVersion), ...(isHeld ? [held] : [])].join('\n');
}

function formatVersion({ number, state, percent, created, published, origin }: VersionSummary): string {
  const facts = [
    percent === undefined ? state : `${state} (${percent} %)`,
    `created ${created ?? 'before versions had a date'}`,
    ...(published === null ? [] : [`published ${published}`]),
    ...(origin === null ? [] : [`from ${escapeUnprintable(origin)}`]),
  ];
  return `version ${number}: ${facts.join(', ')}`;
}
