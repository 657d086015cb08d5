import { bodyErrors, type Errors, fieldErrors } from '@gatehouse/contracts';
import type { z } from 'zod';
import { InvalidBody } from './body.parser.js';

/** What a body says, or what is wrong with it. Throws the problem of one that says nothing. */
export function parseBody<T>(body: unknown, type: z.ZodType<T>): { readonly said: T } | { readonly errors: Errors } {
  if (body instanceof InvalidBody) throw body.problem;
  const wrong = bodyErrors(body);
  if (wrong) return { errors: wrong };
  const parsed = type.safeParse(body);
  return parsed.success ? { said: parsed.data } : { errors: fieldErrors(parsed.error) };
}
