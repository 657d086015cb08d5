import {
  type CloudEvent,
  definitionOf,
  EVENT_TYPE_PREFIX,
  EVENTS_SCHEMA_URI,
  type EventData,
} from '@gatehouse/contracts';
import { z } from 'zod';
import type { EventBody } from './message.js';

/** Content type of an event in the structured mode of CloudEvents, in which one JSON object contains everything. */
export const CLOUD_EVENT_CONTENT_TYPE = 'application/cloudevents+json';

/** Settings of processes that publish or export events. */
export const cloudEventSettings = z.object({
  EVENTS_SOURCE: z
    .url()
    .max(512)
    .default('urn:gatehouse')
    .describe('URI of this deployment: the attribute `source` of its events, such as `https://login.example.org`'),
});

/** An event of the outbox, with the id and the creation time of its row. */
interface RecordedEvent {
  readonly id: string;
  readonly madeAt: Date;
  readonly body: EventBody;
}

/**
 * Returns an event in the JSON format of CloudEvents. `source` is the setting EVENTS_SOURCE. A member of `data` is null
 * if it has no value, or if a gateway before 1.0, which does not write that member, recorded the event.
 */
export function toCloudEvent({ id, madeAt, body }: RecordedEvent, source: string): CloudEvent {
  const { action, user } = body;
  return {
    ...{ specversion: '1.0', id, source, type: `${EVENT_TYPE_PREFIX}${action}` },
    ...(user?.kind === 'saved' && { subject: `users/${user.uuid}` }),
    ...{ time: madeAt.toISOString(), datacontenttype: 'application/json' },
    dataschema: `${EVENTS_SCHEMA_URI}#/$defs/${definitionOf(action) ? action : 'other'}`,
    data: dataOf(body),
  };
}

function dataOf({ action, user, client_ip, flow, context, ...added }: EventBody): EventData {
  const { level = 'info', outcome = 'success' } = definitionOf(action) ?? {};
  const { actor = null, user_agent = null, location = null, plan = null, request_id = null } = added;
  return { action, level, outcome, actor, user, client_ip, user_agent, location, flow, plan, request_id, context };
}
