import {
  attachedStage,
  descriptorObject,
  descriptorSchema,
  effect,
  errors,
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
  errors,
  insert,
  message,
  user,
}))
  named.add(schema, { id });

interface ProtocolPart {
  readonly name: string;
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
];

function text({ title, schema }: ProtocolPart): string {
  const { $schema, ...schemaBody } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    metadata: named,
    override: ({ jsonSchema }) => {
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return `${JSON.stringify({ $schema, title, ...schemaBody }, null, 2)}\n`;
}

/** The stage protocol as JSON Schema, for stages in other languages. */
export const documents = PROTOCOL_PARTS.map((part) => ({
  path: `docs/reference/protocol/${part.name}.schema.json`,
  text: text(part),
}));
