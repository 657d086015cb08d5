import {
  AUDIT_ACTIONS,
  attachedStage,
  auditEvents,
  cloudEvent,
  descriptorObject,
  descriptorSchema,
  EVENTS_SCHEMA_URI,
  effect,
  errors,
  eventActor,
  eventData,
  eventLocation,
  insert,
  message,
  stageDescriptor,
  stageProblem,
  stageReply,
  stageRequest,
  user,
} from '@gatehouse/contracts';
import { z } from 'zod';

/** Schemas that the JSON Schema defines once and references by name. */
const named = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries({
  attachedStage,
  describedObject: descriptorObject,
  describedSchema: descriptorSchema,
  effect,
  eventActor,
  eventLocation,
  errors,
  insert,
  message,
  user,
}))
  named.add(schema, { id });

/** Schemas of the member `data` of events, by action; `other` is for actions that are not in the list. */
const dataSchemas = AUDIT_ACTIONS.map((action) => {
  const { level, outcome, context } = auditEvents[action];
  const data = eventData.extend({
    ...{ action: z.literal(action), level: z.literal(level), outcome: z.literal(outcome), context },
  });
  named.add(data, { id: action });
  return data;
});
const otherAction = z.string().regex(new RegExp(`^(?!(?:${AUDIT_ACTIONS.join('|')})$)[a-z_]{1,64}$`));
const otherData = eventData.extend({ action: otherAction, level: z.literal('info'), outcome: z.literal('success') });
named.add(otherData, { id: 'other' });

interface ProtocolPart {
  readonly name: string;
  /** URI of the schema, if messages name it. */
  readonly id?: string;
  readonly title: string;
  readonly schema: z.ZodType;
}

const PROTOCOL_PARTS: readonly ProtocolPart[] = [
  {
    name: 'stage-request',
    title: 'Request of the gateway on stage.<kind>.challenge and .respond',
    schema: stageRequest,
  },
  {
    name: 'stage-reply',
    title: 'Reply of a stage: one of four types, or a problem',
    schema: z.union([stageReply, stageProblem]),
  },
  {
    name: 'stage-descriptor',
    title: 'Descriptor: reply of a stage on stage.<kind>.describe',
    schema: stageDescriptor.out,
  },
  {
    name: 'audit-events',
    id: EVENTS_SCHEMA_URI,
    title: 'Audit event on events.<action>: a CloudEvent in structured mode',
    schema: cloudEvent.extend({ data: z.union([...dataSchemas, otherData]) }),
  },
];

function text({ id, title, schema }: ProtocolPart): string {
  const { $schema, ...schemaBody } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    metadata: named,
    override: ({ zodSchema, jsonSchema }) => {
      // The registry of names replaces the one that has the descriptions.
      const description = z.globalRegistry.get(zodSchema)?.description;
      if (description !== undefined) jsonSchema.description = description;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return `${JSON.stringify({ $schema, ...(id && { $id: id }), title, ...schemaBody }, null, 2)}\n`;
}

/** The messages on the bus as JSON Schema, for stages and subscribers in other languages. */
export const documents = PROTOCOL_PARTS.map((part) => ({
  path: `docs/reference/protocol/${part.name}.schema.json`,
  text: text(part),
}));
