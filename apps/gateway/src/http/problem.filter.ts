import { Problem } from '@gatehouse/contracts';
import { isDatabaseUnavailable, type Logger, UnknownSealKeyError } from '@gatehouse/platform';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, HttpStatus } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { translatorFor } from './locale.js';
import { isNavigation, type ProblemPage } from './pages/problem.page.js';
import { presentFieldErrors, presentProblem } from './problem.presenter.js';
import { logRefusal } from './refusal-log.js';
import { InvalidFieldsError } from './zod-body.pipe.js';

/**
 * Responds to every error, Fastify's errors included, with the error body of the API, or with a page if a browser opened
 * the address to show it.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly page: Pick<ProblemPage, 'send'>,
  ) {}

  catch(error: unknown, host: ArgumentsHost) {
    const [request, reply] = host.getArgs<[FastifyRequest, FastifyReply]>();
    this.answer(error, request, reply);
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (error instanceof InvalidFieldsError)
      return void reply.status(HttpStatus.BAD_REQUEST).send(presentFieldErrors(error.errors));
    const problem = problemOf(error);
    if (LOGGED.has(problem.code)) {
      this.logger.event('request_failed', { request_id: request.id, problem: problem.code, error });
    }
    logRefusal(this.logger, problem, request);
    const presented = presentProblem(problem, {
      requestId: request.id,
      details: false,
      translate: translatorFor(request, {}),
    });
    if (isNavigation(request)) return this.page.send(request, reply, { ...presented, code: problem.code });
    const { status, body, headers } = presented;
    void reply
      .status(status)
      .headers(headers ?? {})
      .send(body);
  }
}

/** Codes of problems that are logged, because an error of this process or of its environment caused them. */
const LOGGED: ReadonlySet<Problem['code']> = new Set(['internal_fault', 'database_away', 'seal_key_missing']);

const BY_STATUS: Readonly<Record<number, Problem['code']>> = {
  400: 'malformed_json',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'body_too_large',
  415: 'unsupported_media_type',
};

function problemOf(cause: unknown): Problem {
  if (cause instanceof Problem) return cause;
  if (isDatabaseUnavailable(cause)) return new Problem('database_away', { cause });
  if (cause instanceof UnknownSealKeyError) return new Problem('seal_key_missing', { cause });
  const status =
    cause instanceof HttpException ? cause.getStatus() : (cause as { statusCode?: unknown } | null)?.statusCode;
  const code = typeof status === 'number' ? BY_STATUS[status] : undefined;
  return new Problem(code ?? 'internal_fault', { cause });
}
