import { parseArgs } from 'node:util';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { OutboxAdmin, type OutboxEntry } from '@gatehouse/courier';
import { CommandError, openLocalState, openPostgres } from '@gatehouse/local';
import { openDataSource, Sealer } from '@gatehouse/platform';
import { z } from 'zod';
import { runCommand } from './command.js';

const USAGE = `usage: npm run mail -- list [--waiting] [--most 50]   what was parked, or what waits
       npm run mail -- retry ID…|--all             has parked messages tried anew
       npm run mail -- remove ID…                  forgets parked messages`;

const OPTIONS = {
  waiting: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false },
  most: { type: 'string', default: '50' },
} as const;

const count = z.coerce.number().int().min(1).max(10_000);

await runCommand('mail', async (args) => {
  const { verb, ids, waiting, all, most } = parseArguments(args);
  return withOutboxAdmin(async (desk) => {
    if (verb === 'list') return formatEntries(await desk.list(!waiting, most));
    if (verb === 'retry') return `${await desk.retry(all ? 'all' : ids)} to be tried anew`;
    return `${await desk.remove(ids)} removed`;
  });
});

function parseArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [verb, ...ids] = positionals;
    const { all, waiting, most } = values;
    const named = z.array(z.uuid()).parse(ids);
    const isKnown =
      (verb === 'list' && ids.length === 0) ||
      (verb === 'retry' && (all ? 0 : 1) === Math.min(ids.length, 1)) ||
      (verb === 'remove' && ids.length > 0);
    if (!isKnown) throw new CommandError(USAGE);
    return { verb, ids: named, all, waiting, most: count.parse(most) };
  } catch (cause) {
    throw new CommandError(USAGE, { cause });
  }
}

async function withOutboxAdmin(work: (desk: OutboxAdmin) => Promise<string>): Promise<string> {
  const postgres = await openPostgres(openLocalState);
  try {
    const source = await openDataSource({ url: postgres.url, schema: FLOW_SCHEMA, poolSize: 1 });
    try {
      return await work(new OutboxAdmin(source, await availableSealer(postgres.embedded)));
    } finally {
      await source.destroy();
    }
  } finally {
    await postgres.stop();
  }
}

/** Without a key the list does without addresses. */
async function availableSealer(embedded: boolean): Promise<Sealer | undefined> {
  const keys = process.env['SEAL_KEYS'] || (embedded ? `local:${(await openLocalState()).sealKey}` : undefined);
  return keys === undefined ? undefined : new Sealer(keys);
}

function formatEntries(messages: readonly OutboxEntry[]): string {
  if (messages.length === 0) return 'nothing';
  return messages
    .map(({ id, topic, to, madeAt, tries, error, parkedAt, dueAt }) => {
      const when = parkedAt ? `parked ${parkedAt.toISOString()}` : `due ${dueAt.toISOString()}`;
      return [id, to ?? topic, `made ${madeAt.toISOString()}`, `tried ${tries}`, when, error ?? '']
        .join('  ')
        .trimEnd();
    })
    .join('\n');
}
