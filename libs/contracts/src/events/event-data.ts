import { z } from 'zod';
import { user } from '../plan-context.js';
import { EVENT_LEVELS, EVENT_OUTCOMES } from './audit-event.js';
import { commandName } from './command-name.js';

const caller = z.object({ uuid: z.uuid(), username: z.string() });

/**
 * Who causes an event: a user by a session or a proof (`user`), a user by an API token (`api_token`), a visitor who has
 * proved nothing (`anonymous`), Gatehouse itself or, with `command`, an administrator on the command line (`system`),
 * or another system that sends security events (`transmitter`).
 */
export const eventActor = z.discriminatedUnion('type', [
  caller.extend({ type: z.literal('user') }),
  caller.extend({
    type: z.literal('api_token'),
    token: z
      .object({ pk: z.uuid(), scope: z.string().nullable().describe('null: no scope, so the token is not limited') })
      .optional()
      .describe('absent in flows, and in events of gateways before 1.0'),
  }),
  z.object({ type: z.literal('anonymous') }),
  z.object({ type: z.literal('system'), command: commandName }),
  z.object({
    type: z.literal('transmitter'),
    name: z.string().describe('its name in SIGNAL_TRANSMITTERS'),
    issuer: z.string(),
  }),
]);
export type EventActor = z.output<typeof eventActor>;

/** Location of the client's address, if a GeoIP database of the gateway contains it. */
export const eventLocation = z.object({
  /** Country code of ISO 3166-1 with two letters. */
  country: z.string().optional(),
  city: z.string().optional(),
});

/** The member `data` of a published event. */
export const eventData = z.object({
  action: z.string(),
  level: z.enum(EVENT_LEVELS),
  outcome: z.enum(EVENT_OUTCOMES),
  /** Null in events of gateways before 1.0. */
  actor: eventActor.nullable(),
  /** Whom the event is about. */
  user: user.nullable(),
  /** Empty in events of commands. */
  client_ip: z.string(),
  user_agent: z.string().nullable(),
  location: eventLocation.nullable(),
  /** Slug of the flow; null outside of flows. */
  flow: z.string().nullable(),
  /** Id of the plan, which is the run of a flow; null outside of flows. */
  plan: z.string().nullable(),
  /** Id of the HTTP request: the value of the response header `x-authentik-id`. */
  request_id: z.string().nullable(),
  context: z.record(z.string(), z.unknown()),
});
export type EventData = z.output<typeof eventData>;

/** Version of the schema of events. Only a change that is not backward compatible increases the version. */
const SCHEMA_VERSION = 1;

/** URI of the JSON Schema of all events, which is docs/reference/protocol/audit-events.schema.json. */
export const EVENTS_SCHEMA_URI = `urn:gatehouse:audit-events:${SCHEMA_VERSION}`;

/** Prefix of the CloudEvents attribute `type`, before the action. */
export const EVENT_TYPE_PREFIX = 'gatehouse.';

/** An event in the JSON format of CloudEvents 1.0, as it is published. */
export const cloudEvent = z.object({
  specversion: z.literal('1.0'),
  /** Unique in its `source`. An event that is delivered twice has the same id. */
  id: z.uuid(),
  /** The setting `EVENTS_SOURCE`. */
  source: z.string(),
  type: z.templateLiteral([EVENT_TYPE_PREFIX, z.string()]),
  /** `users/<uuid>` of the user whom the event is about. Absent if the event is about no saved user. */
  subject: z.string().exactOptional(),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  /** URI of the schema of `data` in audit-events.schema.json. */
  dataschema: z.string(),
  data: eventData,
});
export type CloudEvent = z.output<typeof cloudEvent>;
