import { parseArgs } from 'node:util';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { OutboxAdmin, type OutboxEntry } from '@gatehouse/courier';
import { CommandError, openLocalState, openMigratedPostgres, sealKeys } from '@gatehouse/local';
import { openDataSource, Sealer } from '@gatehouse/platform';
import { z } from 'zod';
import type { Command } from './command.js';

const USAGE = `usage: npm run mail -- list [--waiting] [--most 50]   lists parked messages, or waiting ones
       npm run mail -- retry ID…|--all             sends parked messages again
       npm run mail -- remove ID…                  deletes parked messages`;

const OPTIONS = {
  waiting: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false },
  most: { type: 'string', default: '50' },
} as const;

const count = z.coerce.number().int().min(1).max(10_000);

/** `npm run mail`: lists messages of the outbox, and retries and removes parked ones, which the courier has given up. */
export const mailCommand: Command = {
  name: 'mail',
  run: async (args, { env }) => {
    const { verb, ids, waiting, all, most } = parseArguments(args);
    return withOutboxAdmin(env, async (outbox) => {
      if (verb === 'list') return formatEntries(await outbox.list(!waiting, most));
      if (verb === 'retry') return `${await outbox.retry(all ? 'all' : ids)} to be sent again`;
      return `${await outbox.remove(ids)} removed`;
    });
  },
};

function parseArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [verb, ...ids] = positionals;
    const { all, waiting, most } = values;
    const messageIds = z.array(z.uuid()).parse(ids);
    const isValid =
      (verb === 'list' && ids.length === 0) ||
      (verb === 'retry' && (all ? 0 : 1) === Math.min(ids.length, 1)) ||
      (verb === 'remove' && ids.length > 0);
    if (!isValid) throw new CommandError(USAGE);
    return { verb, ids: messageIds, all, waiting, most: count.parse(most) };
  } catch (cause) {
    throw new CommandError(USAGE, { cause });
  }
}

async function withOutboxAdmin(
  env: NodeJS.ProcessEnv,
  work: (outbox: OutboxAdmin) => Promise<string>,
): Promise<string> {
  const postgres = await openMigratedPostgres(env);
  try {
    const source = await openDataSource({ url: postgres.url, schema: FLOW_SCHEMA, poolSize: 1 });
    try {
      return await work(new OutboxAdmin(source, await availableSealer(env, postgres.embedded)));
    } finally {
      await source.destroy();
    }
  } finally {
    await postgres.stop();
  }
}

/** Returns the sealer of mails, or `undefined` if there is no key. Without a sealer the list shows no addresses. */
async function availableSealer(env: NodeJS.ProcessEnv, embedded: boolean): Promise<Sealer | undefined> {
  const keys = env['SEAL_KEYS'] || (embedded ? sealKeys((await openLocalState(env)).sealKey) : undefined);
  return keys === undefined ? undefined : new Sealer(keys);
}

function formatEntries(messages: readonly OutboxEntry[]): string {
  if (messages.length === 0) return 'no messages';
  return messages
    .map(({ id, topic, to, madeAt, tries, error, parkedAt, dueAt }) => {
      const state = parkedAt ? `parked ${parkedAt.toISOString()}` : `due ${dueAt.toISOString()}`;
      return [id, to ?? topic, `made ${madeAt.toISOString()}`, `tried ${tries}`, state, error ?? '']
        .join('  ')
        .trimEnd();
    })
    .join('\n');
}
