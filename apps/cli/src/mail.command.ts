import { parseArgs } from 'node:util';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { OutboxAdmin, type OutboxEntry } from '@gatehouse/courier';
import { CommandError, openMigratedPostgres, outboxSealerOf } from '@gatehouse/local';
import { type CommandEvent, CommandEventRecorder } from '@gatehouse/outbox';
import { openDataSource, type Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { type Command, warnUnrecorded } from './command.js';

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
  usage: USAGE,
  run: async (args, process) => {
    const { verb, ids, waiting, all, most } = parseArguments(args);
    return withOutbox(process.env, async (source, sealer) => {
      if (verb === 'list') return formatEntries(await new OutboxAdmin(source, sealer).list(!waiting, most));
      const events = new CommandEventRecorder(verb === 'retry' ? 'mail retry' : 'mail remove', sealer);
      const count = await source.transaction(async (manager) => {
        const outbox = new OutboxAdmin(manager, sealer);
        const topics = await (verb === 'retry' ? outbox.retry(all ? 'all' : ids) : outbox.remove(ids));
        await recordTopics(topics, (event) => events.record(manager, event));
        return topics.length;
      });
      warnUnrecorded(events, process);
      return verb === 'retry' ? `${count} to be sent again` : `${count} removed`;
    });
  },
};

/** Records how many messages of each topic were changed. Records nothing if no message was changed. */
async function recordTopics(topics: readonly string[], record: (event: CommandEvent) => Promise<void>): Promise<void> {
  if (topics.length === 0) return;
  const counts = [...new Set(topics)].sort().map((name) => ({
    ...{ name, count: topics.filter((topic) => topic === name).length },
  }));
  await record({ action: 'command_run', context: { counts } });
}

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

/**
 * Calls `work` with the outbox. Without SEAL_KEYS there is no sealer: the list shows no addresses, and no event is
 * written.
 */
async function withOutbox(
  env: NodeJS.ProcessEnv,
  work: (source: DataSource, sealer: Sealer | undefined) => Promise<string>,
): Promise<string> {
  const postgres = await openMigratedPostgres(env);
  try {
    const source = await openDataSource({ url: postgres.url, schema: FLOW_SCHEMA, poolSize: 1 });
    try {
      return await work(source, await outboxSealerOf(env, postgres.embedded));
    } finally {
      await source.destroy();
    }
  } finally {
    await postgres.stop();
  }
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
