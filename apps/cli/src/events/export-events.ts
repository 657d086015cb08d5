import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { definitionOf } from '@gatehouse/contracts';
import { KeptEventRepository, type StoredEvent, UnknownEventError } from '@gatehouse/courier';
import { CommandError } from '@gatehouse/local';
import { cloudEventSettings, toCloudEvent } from '@gatehouse/outbox';
import { readConfig, UnsealError } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { CommandProcess } from '../command.js';
import { withSealedFlowDatabase } from '../sealed-flow-database.js';
import { findUser } from '../user/find-user.js';

const OPTIONS = {
  since: { type: 'string' },
  until: { type: 'string' },
  action: { type: 'string' },
  user: { type: 'string' },
  after: { type: 'string' },
} as const;

/** Event actions that the expression of a policy may use. */
const CUSTOM_ACTION = /^custom_\w+$/;
/** A day, or a day with a time and a time zone. */
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Writes the kept events to standard output while it reads them, one CloudEvent on each line, in the order in which they
 * were published. Ends without an error when the reader of the output has gone away.
 */
export async function exportEvents(args: readonly string[], { env, stdout }: CommandProcess): Promise<undefined> {
  const { since, until, action, user, after } = parseOptions(args);
  const filter = { since: timeOf('since', since), until: timeOf('until', until), action, after: idOf(after) };
  const { EVENTS_SOURCE } = readConfig(cloudEventSettings, env);
  await withSealedFlowDatabase(env, async (source, sealer) => {
    const about = user === undefined ? undefined : await uuidOf(source, user);
    const events = new KeptEventRepository(source, sealer).read({ ...filter, user: about });
    try {
      await pipeline(Readable.from(linesOf(events, EVENTS_SOURCE)), stdout, { end: false });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') return;
      if (error instanceof UnknownEventError) throw new CommandError(error.message, { cause: error });
      if (error instanceof UnsealError)
        throw new CommandError(
          `The next event cannot be opened, because ${error.message}. Add the key to SEAL_KEYS, and continue with --after and the id in the last line.`,
          { cause: error },
        );
      throw error;
    }
  });
  return undefined;
}

async function* linesOf(events: AsyncIterable<StoredEvent>, source: string): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify(toCloudEvent(event, source))}\n`;
}

function parseOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const { action } = values;
    if (action !== undefined && !definitionOf(action) && !CUSTOM_ACTION.test(action))
      throw new Error(`no event has the action ${action}: docs/reference/events.md lists the actions`);
    return values;
  } catch (cause) {
    throw new CommandError((cause as Error).message, { cause });
  }
}

function timeOf(option: 'since' | 'until', text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  // `Date` accepts the 29th to 31st of a shorter month, and takes it for a day of the next month.
  const isDay = z.iso.date().safeParse(text.slice(0, 10)).success;
  if (TIME.test(text) && isDay && !Number.isNaN(time.getTime())) return time;
  throw new CommandError(`--${option} is ${text}, which is no time. Write 2026-11-01T00:00Z, or 2026-11-01 for UTC.`);
}

function idOf(text: string | undefined): string | undefined {
  if (text === undefined || z.uuid().safeParse(text).success) return text;
  throw new CommandError(`--after is ${text}, which is no id of an event. Take the member "id" of the last line.`);
}

/** Returns the uuid of a user, who is given by username or uuid. Accepts a uuid even if the user was deleted. */
const uuidOf = async (source: DataSource, user: string): Promise<string> =>
  z.uuid().safeParse(user).success ? user : (await findUser(source, user)).uuid;
