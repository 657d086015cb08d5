import { planContext } from '@gatehouse/contracts';
import { z } from 'zod';

const facts = planContext.extend({ pending_user: z.unknown().optional() }).loose();
type StoredFacts = z.output<typeof facts>;

const schemas: Readonly<Record<string, z.ZodType>> = facts.shape;

/**
 * The facts of a stored plan. Accepts facts with unknown names, because policies may add facts that no stage knows. Runs
 * only the schemas of the facts that a plan has: an object schema would run those of all other facts too, for every
 * request.
 */
export const storedFacts = z.transform((value: unknown, { issues }): StoredFacts => {
  if (!isObject(value)) {
    issues.push({ code: 'invalid_type', expected: 'object', input: value });
    return {};
  }
  const checked = Object.entries(value).map(([name, fact]): [string, unknown] => {
    const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    const result = schema?.safeParse(fact);
    if (result?.success === false)
      issues.push({ code: 'custom', path: [name], message: result.error.message, input: fact });
    return [name, result ? result.data : fact];
  });
  return Object.fromEntries(checked);
});

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
