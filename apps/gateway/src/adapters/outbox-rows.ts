import { randomUUID } from 'node:crypto';
import { maskByKey, type User } from '@gatehouse/contracts';
import type { Sealer } from '@gatehouse/platform';

/** Something for other services, by its topic. */
export interface Message {
  readonly topic: string;
  readonly body: object;
}

/** Something that happened. */
interface Happening {
  readonly action: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly user: User | undefined;
  readonly clientIp: string;
  /** Slug of the flow in which it happened, if it was one. */
  readonly flow: string | undefined;
}

/** An event as whoever listens to `events.<action>` hears it. */
export const eventOf = ({ action, context, user, clientIp, flow }: Happening): Message => ({
  topic: `events.${action}`,
  body: { action, context: maskByKey(context), user: user ?? null, client_ip: clientIp, flow: flow ?? null },
});

/** A row of the outbox, its body sealed: a mail's link is a secret, and an event says who did what. */
export function outboxRow({ topic, body }: Message, sealer: Sealer) {
  const id = randomUUID();
  return { id, topic, body: sealer.seal({ table: 'flow.outbox', id, revision: 0 }, body) };
}
