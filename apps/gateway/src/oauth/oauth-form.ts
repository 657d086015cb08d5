import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { parseForm } from '../http/zod-body.pipe.js';
import { OauthError } from './oauth-error.js';

/** The fields of a request to an OAuth endpoint by name. */
export type OauthFields = Readonly<Record<string, string>>;

/** The only parameter that may be repeated (RFC 8707 §2). Gatehouse ignores it. */
const REPEATABLE = 'resource';

/**
 * Returns the fields of a request. Throws OauthError for a repeated field (RFC 6749 §3.1), and for a JSON body, whose
 * values need not be texts and whose parser hides repeated members. Throws the problem of a body that could not be
 * read.
 */
function fieldsOf({ body, headers }: Pick<FastifyRequest, 'body' | 'headers'>): OauthFields {
  const { [REPEATABLE]: _, ...fields } = parseForm(body);
  if (Object.keys(fields).length > 0 && /^application\/json/i.test(headers['content-type'] ?? ''))
    throw new OauthError('invalid_request', 'the body must be a form (application/x-www-form-urlencoded)');
  const repeated = Object.keys(fields).find((name) => typeof fields[name] !== 'string');
  if (repeated !== undefined) throw new OauthError('invalid_request', `${repeated} must not be repeated`);
  return fields as OauthFields;
}

/** Injects the fields of a request to an OAuth endpoint. Runs after all guards. */
export const OauthForm = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  fieldsOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** Returns the text of a field, or undefined if it is empty, which counts as absent (RFC 6749 §3.1). */
export const formText = (form: OauthFields, field: string): string | undefined => form[field] || undefined;
