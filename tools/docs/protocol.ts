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

/** What is told once and referred to by name. */
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
    title: 'What the gateway asks on stage.<kind>.challenge and .respond',
    schema: stageRequest,
  },
  {
    name: 'stage-reply',
    title: 'What a stage answers: one of four words, or why there is none',
    schema: z.union([stageReply, stageProblem]),
  },
  { name: 'stage-descriptor', title: 'What a stage answers on stage.<kind>.describe', schema: stageDescriptor.out },
];

function text({ title, schema }: ProtocolPart): string {
  const { $schema, ...told } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    metadata: named,
    override: ({ jsonSchema }) => {
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return `${JSON.stringify({ $schema, title, ...told }, null, 2)}\n`;
}

/** The protocol of stages as JSON Schema, for those who write one in another language. */
export const documents = PROTOCOL_PARTS.map((told) => ({
  path: `docs/reference/protocol/${told.name}.schema.json`,
  text: text(told),
}));
