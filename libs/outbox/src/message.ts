import { mailEffect, maskByKey, type User, user } from '@gatehouse/contracts';
import { z } from 'zod';

/** A mail or an event before it becomes a sealed row of the outbox (`outboxRow`). */
export interface OutboxMessage {
  readonly topic: string;
  readonly body: object;
}

/** Topic of mails. The topic of an event is `events.<action>`. */
export const MAIL_TOPIC = 'mail';
const EVENT_TOPIC_PREFIX = 'events.';

/**
 * What an event is about: the user of the flow at that time, the client's address, and the slug of the flow, if any.
 */
export interface EventSubject {
  readonly user: User | undefined;
  readonly clientIp: string;
  readonly flow: string | undefined;
}

const about = z.object({ user: user.nullable(), client_ip: z.string(), flow: z.string().nullable() });

/** A mail in the outbox. */
export const mailBody = mailEffect.omit({ type: true }).extend({ about });
export type MailBody = z.output<typeof mailBody>;

/** An event in the outbox. Subscribers of `events.<action>` receive it with an id and a time. */
export const eventBody = about.extend({ action: z.string(), context: z.record(z.string(), z.unknown()) });
export type EventBody = z.output<typeof eventBody>;

const subjectFields = ({ user: subject, clientIp, flow }: EventSubject) => ({
  user: subject ?? null,
  client_ip: clientIp,
  flow: flow ?? null,
});

/** Returns the outbox message of a mail. */
export const mailMessage = (
  { type: _mail, ...mail }: z.output<typeof mailEffect>,
  subject: EventSubject,
): OutboxMessage => ({
  topic: MAIL_TOPIC,
  body: { ...mail, about: subjectFields(subject) } satisfies MailBody,
});

interface EventInput extends EventSubject {
  readonly action: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** Returns the outbox message of an event, with secrets masked (docs/spec/events.md#masking). */
export const eventMessage = ({ action, context, ...subject }: EventInput): OutboxMessage => ({
  topic: `${EVENT_TOPIC_PREFIX}${action}`,
  body: { action, context: maskByKey(context) as EventBody['context'], ...subjectFields(subject) } satisfies EventBody,
});
