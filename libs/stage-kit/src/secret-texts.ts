import { planContext, type StageContract, secretFields } from '@gatehouse/contracts';
import type { z } from 'zod';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Returns the texts of a request that no log line may contain: what the visitor has answered, the fields that the
 * contract marks as secret, and the names and the address of the pending user.
 */
export function secretTexts({ config, state }: StageContract, body: unknown): string[] {
  const { response, context, ...request } = fieldsOf(body) as { response?: unknown; context?: unknown };
  const { pending_user: user, ...facts } = fieldsOf(context) as { pending_user?: unknown };
  const { username, email, name } = fieldsOf(user) as { username?: unknown; email?: unknown; name?: unknown };
  return [
    ...textsIn(response),
    ...textsIn(marked(config, request, 'config')),
    ...textsIn(marked(state, request, 'state')),
    ...textsIn(secretFields(planContext).map((fact) => facts[fact as keyof typeof facts])),
    ...textsIn([username, email, name]),
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
