import { type PlanContext, planContext, type StageContract, secretFields } from '@gatehouse/contracts';
import type { z } from 'zod';

type Fields = Readonly<Record<string, unknown>>;

/** Fields of a user that identify the person. */
const NAMES_OF_USER = ['username', 'email', 'name'] as const;
/**
 * Fields of a plan's context that identify the user: what the visitor typed, and email addresses from the plan or a
 * source.
 */
const NAMES_IN_CONTEXT = [
  'pending_user_identifier',
  'email',
  'source_email',
] as const satisfies readonly (keyof PlanContext)[];

/**
 * Returns the texts of a request that no log line may contain: what the visitor has answered, the fields that the
 * contract marks as secret, and the names and addresses of the pending user.
 */
export function secretTexts({ config, state }: StageContract, body: unknown): string[] {
  const { response, context, ...request } = fieldsOf(body) as { response?: unknown; context?: unknown };
  const { pending_user, ...facts } = fieldsOf(context);
  const user = fieldsOf(pending_user);
  return [
    ...textsIn(response),
    ...textsIn(marked(config, request, 'config')),
    ...textsIn(marked(state, request, 'state')),
    ...textsIn(secretFields(planContext).map((fact) => facts[fact])),
    ...textsIn(NAMES_OF_USER.map((field) => user[field])),
    ...textsIn(NAMES_IN_CONTEXT.map((fact) => facts[fact])),
  ];
}

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

function marked(schema: z.ZodObject, request: Fields, part: string): unknown[] {
  const fields = fieldsOf(request[part]);
  return secretFields(schema).map((name) => fields[name]);
}

/** Returns all texts in a value, at any depth. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
