import { mailEffect, maskByKey, type User, user } from '@gatehouse/contracts';
import { z } from 'zod';

/** Something for other services, by its topic. */
export interface OutboxMessage {
  readonly topic: string;
  readonly body: object;
}

/** Topic of mails; whatever happened has `events.<action>`. */
export const MAIL_TOPIC = 'mail';
const EVENT_TOPIC_PREFIX = 'events.';

/** What something was about: whoever the flow is about by then, whose request it was, and the flow's slug, if it was one. */
export interface EventSubject {
  readonly user: User | undefined;
  readonly clientIp: string;
  readonly flow: string | undefined;
}

const about = z.object({ user: user.nullable(), client_ip: z.string(), flow: z.string().nullable() });

/** A mail as the outbox keeps it. */
export const mailBody = mailEffect.omit({ type: true }).extend({ about });
export type MailBody = z.output<typeof mailBody>;

/** An event as the outbox keeps it, and as whoever listens to `events.<action>` hears it, with an id and a time. */
export const eventBody = about.extend({ action: z.string(), context: z.record(z.string(), z.unknown()) });
export type EventBody = z.output<typeof eventBody>;

const subjectFields = ({ user: who, clientIp, flow }: EventSubject) => ({
  user: who ?? null,
  client_ip: clientIp,
  flow: flow ?? null,
});

/** A mail on its way to the courier. */
export const mailMessage = (
  { type: _mail, ...mail }: z.output<typeof mailEffect>,
  of: EventSubject,
): OutboxMessage => ({
  topic: MAIL_TOPIC,
  body: { ...mail, about: subjectFields(of) } satisfies MailBody,
});

interface EventInput extends EventSubject {
  readonly action: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** An event on its way to whoever listens; what sounds secret is masked (docs/spec/events.md#masking). */
export const eventMessage = ({ action, context, ...of }: EventInput): OutboxMessage => ({
  topic: `${EVENT_TOPIC_PREFIX}${action}`,
  body: { action, context: maskByKey(context) as EventBody['context'], ...subjectFields(of) } satisfies EventBody,
});
