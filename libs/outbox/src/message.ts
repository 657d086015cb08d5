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

/** A mail or an event before it becomes a sealed row of the outbox (`outboxRow`). */
export interface OutboxMessage {
  readonly topic: string;
  readonly body: object;
  /**
   * uuid of the saved user whom an event is about. The events of one user are delivered in order
   * (docs/spec/events.md#order). Mails have none.
   */
  readonly user?: string | undefined;
}

/** Topic of mails. The topic of an event is `events.<action>`. */
export const MAIL_TOPIC = 'mail';
const EVENT_TOPIC_PREFIX = 'events.';

/** The HTTP request that causes an event or a mail. */
export interface EventRequest {
  readonly clientIp: string;
  readonly userAgent: string | undefined;
  /** Where the client's address is, if a GeoIP database knows it. */
  readonly location: GeoLocation | undefined;
  /** The value of the response header `x-authentik-id`. */
  readonly requestId: string | undefined;
}

/** Who causes an event, whom it is about, and by which request, flow and plan. */
export interface EventFacts extends EventRequest {
  /** Whom the event is about: in a flow, its user at that time. */
  readonly user: User | undefined;
  readonly actor: EventActor;
  /** Slug of the flow. */
  readonly flow: string | undefined;
  /** Id of the plan. */
  readonly plan: string | undefined;
}

/** Gateways before 0.3 write the first three members only. */
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

/** A mail in the outbox. */
export const mailBody = mailEffect.omit({ type: true }).extend({ about });
export type MailBody = z.output<typeof mailBody>;

/** An event in the outbox. The courier publishes it as a CloudEvent (`toCloudEvent`). */
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

/** Returns the outbox message of a mail. */
export const mailMessage = (
  { type: _mail, ...mail }: z.output<typeof mailEffect>,
  facts: EventFacts,
): OutboxMessage => ({ topic: MAIL_TOPIC, body: { ...mail, about: aboutOf(facts) } satisfies MailBody });

/** An event of a stage or a policy, which may have an action of its own. */
interface RequestedEvent {
  readonly action: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/**
 * Returns the outbox message of an event that a stage or a policy has requested, with secrets masked
 * (docs/spec/events.md#masking) and within the limits of its size.
 */
export const requestedEventMessage = ({ action, context }: RequestedEvent, facts: EventFacts): OutboxMessage =>
  messageOf({ action, context }, aboutOf(facts));

/** Returns the outbox message of an event, with secrets masked and within the limits of its size. */
export const eventMessage = ({ action, context }: AuditEvent, facts: EventFacts): OutboxMessage =>
  messageOf({ action, context }, aboutOf(facts));

/** Returns the outbox message of an event about a mail, by the request that has requested the mail. */
export const mailEventMessage = ({ action, context }: AuditEvent, mail: MailBody): OutboxMessage =>
  messageOf({ action, context }, mail.about);

const messageOf = ({ action, context }: RequestedEvent, facts: About): OutboxMessage => ({
  topic: `${EVENT_TOPIC_PREFIX}${action}`,
  user: facts.user?.kind === 'saved' ? facts.user.uuid : undefined,
  body: { action, context: boundedContext(maskByKey(context) as EventBody['context']), ...facts } satisfies EventBody,
});
