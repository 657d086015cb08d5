import { parseArgs } from 'node:util';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { WebhookAdmin, type WebhookDeliveryEntry } from '@gatehouse/courier';
import { CommandError, openMigratedPostgres } from '@gatehouse/local';
import { openDataSource } from '@gatehouse/platform';
import { z } from 'zod';

/** Usage of `npm run events -- webhooks`, with all options. */
export const WEBHOOKS_USAGE = `usage: npm run events -- webhooks list [--waiting] [--most 50]
                                 lists parked deliveries, or waiting ones
       npm run events -- webhooks retry ID…|--all [--endpoint NAME]
                                 delivers parked ones again
       npm run events -- webhooks remove ID…|--all [--endpoint NAME]
                                 deletes parked ones; their events stay`;

const OPTIONS = {
  waiting: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false },
  endpoint: { type: 'string' },
  most: { type: 'string', default: '50' },
} as const;

const count = z.coerce.number().int().min(1).max(10_000);
/** The id of a delivery: a positive bigint of Postgres. */
const deliveryIds = z.array(z.string().regex(/^\d{1,18}$/));

/** `npm run events -- webhooks`: lists deliveries to webhook endpoints, and retries and removes parked ones. */
export async function manageWebhookDeliveries(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { verb, selection, waiting, most } = parseArguments(args);
  const postgres = await openMigratedPostgres(env);
  try {
    const source = await openDataSource({ url: postgres.url, schema: FLOW_SCHEMA, poolSize: 1 });
    try {
      const admin = new WebhookAdmin(source);
      if (verb === 'list') return formatEntries(await admin.list(!waiting, most));
      if (verb === 'retry') return `${await admin.retry(selection)} to be delivered again`;
      return `${await admin.remove(selection)} removed`;
    } finally {
      await source.destroy();
    }
  } finally {
    await postgres.stop();
  }
}

function parseArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [verb, ...ids] = positionals;
    const { all, endpoint, waiting, most } = values;
    const isSelected = all ? ids.length === 0 : ids.length > 0;
    const isValid =
      verb === 'list'
        ? ids.length === 0 && !all && endpoint === undefined
        : (verb === 'retry' || verb === 'remove') && isSelected && !waiting;
    if (!isValid) throw new CommandError(WEBHOOKS_USAGE);
    const selection = { ids: all ? ('all' as const) : deliveryIds.parse(ids), endpoint };
    return { verb, selection, waiting, most: count.parse(most) };
  } catch (cause) {
    throw new CommandError(WEBHOOKS_USAGE, { cause });
  }
}

function formatEntries(deliveries: readonly WebhookDeliveryEntry[]): string {
  if (deliveries.length === 0) return 'no deliveries';
  return deliveries
    .map(({ id, endpoint, action, eventId, madeAt, dueAt, tries, parkedAt, error }) => {
      const state = parkedAt ? `parked ${parkedAt.toISOString()}` : `due ${dueAt.toISOString()}`;
      return [id, endpoint, action, eventId, `queued ${madeAt.toISOString()}`, `tried ${tries}`, state, error ?? '']
        .join('  ')
        .trimEnd();
    })
    .join('\n');
}
