import {
  type AuditEvent,
  boundedContext,
  type EventActor,
  eventActor,
  eventLocation,
  mailEffect,
  maskByKey,
  type User,
  user,
} from '@gatehouse/contracts';
import type { GeoLocation } from '@gatehouse/platform';
import { z } from 'zod';

/** A mail or an event, before `outboxRow` encrypts it for the outbox. */
export interface OutboxMessage {
  readonly topic: string;
  readonly body: object;
  /**
   * uuid of the saved user whom an event is about, whose events are delivered in order (docs/spec/events.md#order).
   * Undefined for a mail.
   */
  readonly user?: string | undefined;
}

/** Topic of mails. The topic of an event is `events.<action>`. */
export const MAIL_TOPIC = 'mail';
const EVENT_TOPIC_PREFIX = 'events.';

/** The HTTP request that has caused an event or a mail. */
export interface EventRequest {
  readonly clientIp: string;
  readonly userAgent: string | undefined;
  /** Location of the client's address, if a GeoIP database contains it. */
  readonly location: GeoLocation | undefined;
  /** The value of the response header `x-authentik-id`. */
  readonly requestId: string | undefined;
}

/** Facts about an event: who has caused it, whom it is about, and the request, flow and plan. */
export interface EventFacts extends EventRequest {
  /** The user whom the event is about. In a flow, this is the plan's user at that time. */
  readonly user: User | undefined;
  readonly actor: EventActor;
  /** Slug of the flow. */
  readonly flow: string | undefined;
  /** Id of the plan. */
  readonly plan: string | undefined;
}

/** Schema of the facts in a stored event or mail. Gateways before 1.0 write only the first three facts. */
const about = z.object({
  user: user.nullable(),
  client_ip: z.string(),
  flow: z.string().nullable(),
  actor: eventActor.optional(),
  user_agent: z.string().optional(),
  location: eventLocation.optional(),
  plan: z.string().optional(),
  request_id: z.string().optional(),
});
type About = z.output<typeof about>;

/** Schema of a mail's body in the outbox: the mail that a stage requested, and facts about the request. */
export const mailBody = mailEffect.omit({ type: true }).extend({ about });
export type MailBody = z.output<typeof mailBody>;

/** Schema of an event's body in the outbox. The courier publishes the event as a CloudEvent (`toCloudEvent`). */
export const eventBody = about.extend({ action: z.string(), context: z.record(z.string(), z.unknown()) });
export type EventBody = z.output<typeof eventBody>;

/** Largest length of the user agent in an event, in characters. */
const MAX_USER_AGENT = 512;

const aboutOf = (facts: EventFacts): About => ({
  ...{ user: facts.user ?? null, client_ip: facts.clientIp, flow: facts.flow ?? null, actor: facts.actor },
  ...(facts.userAgent && { user_agent: facts.userAgent.slice(0, MAX_USER_AGENT) }),
  ...(facts.location && { location: { country: facts.location.country, city: facts.location.city_name } }),
  ...(facts.plan !== undefined && { plan: facts.plan }),
  ...(facts.requestId !== undefined && { request_id: facts.requestId }),
});

/** Returns the message that adds a mail to the outbox. */
export const mailMessage = (
  { type: _mail, ...mail }: z.output<typeof mailEffect>,
  facts: EventFacts,
): OutboxMessage => ({ topic: MAIL_TOPIC, body: { ...mail, about: aboutOf(facts) } satisfies MailBody });

/** An event that a stage or a policy requests. Its action may be one that Gatehouse does not define. */
interface RequestedEvent {
  readonly action: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/**
 * Returns the message that adds an event of a stage or a policy to the outbox. Masks secrets in it
 * (docs/spec/events.md#masking), and limits its size.
 */
export const requestedEventMessage = ({ action, context }: RequestedEvent, facts: EventFacts): OutboxMessage =>
  messageOf({ action, context }, aboutOf(facts));

/** Returns the message that adds an event to the outbox. Masks secrets in it, and limits its size. */
export const eventMessage = ({ action, context }: AuditEvent, facts: EventFacts): OutboxMessage =>
  messageOf({ action, context }, aboutOf(facts));

/**
 * Returns the message that adds an event about a mail to the outbox, with the facts of the request that requested the
 * mail.
 */
export const mailEventMessage = ({ action, context }: AuditEvent, mail: MailBody): OutboxMessage =>
  messageOf({ action, context }, mail.about);

const messageOf = ({ action, context }: RequestedEvent, facts: About): OutboxMessage => ({
  topic: `${EVENT_TOPIC_PREFIX}${action}`,
  user: facts.user?.kind === 'saved' ? facts.user.uuid : undefined,
  body: { action, context: boundedContext(maskByKey(context) as EventBody['context']), ...facts } satisfies EventBody,
});
