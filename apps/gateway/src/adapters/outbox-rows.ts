import { randomUUID } from 'node:crypto';
import { maskByKey, type User } from '@gatehouse/contracts';
import type { Sealer } from '@gatehouse/platform';

/** Something that happened, for whoever listens to `events.<action>`. */
export interface Happening {
  readonly action: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly user: User | undefined;
  readonly clientIp: string;
  /** Slug of the flow in which it happened, if it was one. */
  readonly flow: string | undefined;
}

/** A row of the outbox; its body is sealed, for it may name secrets. */
export function outboxRow(sealer: Sealer, { action, context, user, clientIp, flow }: Happening) {
  const id = randomUUID();
  const event = { action, context: maskByKey(context), user: user ?? null, client_ip: clientIp, flow: flow ?? null };
  return { id, topic: `events.${action}`, body: sealer.seal({ table: 'flow.outbox', id, revision: 0 }, event) };
}
