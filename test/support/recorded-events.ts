import { type CloudEvent, cloudEvent, fitsAction } from '@gatehouse/contracts';
import { eventBody, openOutboxRow, toCloudEvent } from '@gatehouse/outbox';
import { Sealer } from '@gatehouse/platform';
import type { Deployment } from './deployment.js';

interface Row {
  readonly id: string;
  readonly body: Buffer;
  readonly made_at: Date;
}

/**
 * Returns the events of an action that wait in the outbox of a deployment without a courier, the oldest first, as the
 * courier would publish them. Throws if one of them does not fit its schema.
 */
export async function recordedEvents(
  deployment: Pick<Deployment, 'rows' | 'sealing'>,
  action: string,
): Promise<CloudEvent[]> {
  const sealer = new Sealer(deployment.sealing['SEAL_KEYS'] ?? '');
  const sql = `SELECT id, body, made_at FROM flow.outbox WHERE topic = 'events.${action}' ORDER BY made_at, id`;
  const rows = (await deployment.rows(sql)) as unknown as Row[];
  return rows.map(({ id, body, made_at: madeAt }) => {
    const opened = eventBody.parse(openOutboxRow({ id, body }, sealer));
    if (!fitsAction(action, opened.context)) throw new Error(`an event ${action} does not fit its schema`);
    return cloudEvent.parse(toCloudEvent({ id, madeAt, body: opened }, 'urn:test'));
  });
}
