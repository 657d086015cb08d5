import type { Problem } from '@gatehouse/contracts';

export interface HttpAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Viewer {
  readonly requestId: string;
  /** Whether the viewer may read what exactly went wrong: superusers only (01-executor §5.2). */
  readonly details: boolean;
}

/** A problem in the form that its line in `problems` asks for (protocol §11). */
export function presentProblem(problem: Problem, viewer: Viewer): HttpAnswer {
  const { status } = problem.entry;
  return { status, headers: headersOf(problem), body: bodyOf(problem, viewer) };
}

const headersOf = ({ code, retryAfterS }: Problem) => ({
  ...(retryAfterS === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterS)) }),
  // Whoever sends too much may not be done yet.
  ...(code === 'body_too_large' ? { connection: 'close' } : {}),
});

function bodyOf(problem: Problem, { requestId, details }: Viewer) {
  switch (problem.entry.body) {
    case 'flow_error':
      return {
        component: 'ak-stage-flow-error',
        request_id: requestId,
        ...(details ? { error: problem.message, traceback: traceOf(problem) } : {}),
      };
    case 'generic':
      return { detail: problem.message, code: problem.code };
    case 'validation':
      return { non_field_errors: [problem.message], code: problem.code };
  }
}

/** The stack of the service where it happened, if it sent one. */
const traceOf = ({ cause, stack }: Problem) => (typeof cause === 'string' ? cause : (stack ?? ''));
