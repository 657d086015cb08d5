import { bodyErrors, type Errors, fieldErrors } from '@gatehouse/contracts';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { InvalidBody } from './body.parser.js';

/** A body with invalid fields. The ProblemFilter answers it with 400 and the messages by field. */
export class InvalidFieldsError extends Error {
  constructor(readonly errors: Errors) {
    super('The request has invalid fields.');
  }
}

/** Returns the parsed body. Throws InvalidFieldsError, or the problem of a body that could not be read. */
export function parseBody<T>(body: unknown, type: z.ZodType<T>): T {
  if (body instanceof InvalidBody) throw body.problem;
  const errors = bodyErrors(body);
  if (errors) throw new InvalidFieldsError(errors);
  const parsed = type.safeParse(body);
  if (!parsed.success) throw new InvalidFieldsError(fieldErrors(parsed.error));
  return parsed.data;
}

/** Parses a JSON body with a zod type: `@Body(new ZodBodyPipe(type))`. Runs after all guards. */
export class ZodBodyPipe<T> implements PipeTransform<unknown, T> {
  constructor(private readonly type: z.ZodType<T>) {}

  transform(body: unknown): T {
    return parseBody(body, this.type);
  }
}

/** Values of a form by field name. A repeated field has its last value. */
export type FormFields = Readonly<Record<string, unknown>>;

/** Returns the fields of a form; no fields if there is no body. Throws the problem of a body that could not be read. */
export function parseForm(body: unknown): FormFields {
  if (body instanceof InvalidBody) throw body.problem;
  return Object(body) as FormFields;
}

/** Reads the fields of a form: `@Body(FormPipe)`. Runs after all guards. */
@Injectable()
export class FormPipe implements PipeTransform<unknown, FormFields> {
  transform(body: unknown): FormFields {
    return parseForm(body);
  }
}
