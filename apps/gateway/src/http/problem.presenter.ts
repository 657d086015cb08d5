import type { Problem, Translate } from '@gatehouse/contracts';

export interface HttpResponseBody {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface ProblemViewer {
  readonly requestId: string;
  /** Whether the viewer may read what exactly went wrong: superusers only (docs/spec/executor.md#flow-error). */
  readonly details: boolean;
  /** Into the viewer's language. */
  readonly translate: Translate;
}

/** A problem in the form that its line in `problems` asks for (docs/spec/http.md#problems). */
export function presentProblem(problem: Problem, viewer: ProblemViewer): HttpResponseBody {
  const { status } = problem.entry;
  return { status, headers: headersOf(problem), body: bodyOf(problem, viewer) };
}

const headersOf = ({ code, retryAfterS }: Problem) => ({
  ...(retryAfterS === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterS)) }),
  // Whoever sends too much may not be done yet.
  ...(code === 'body_too_large' ? { connection: 'close' } : {}),
});

function bodyOf(problem: Problem, { requestId, details, translate }: ProblemViewer) {
  const detail = translate(problem.detail.text, problem.detail.params);
  switch (problem.entry.body) {
    case 'flow_error':
      return {
        component: 'ak-stage-flow-error',
        request_id: requestId,
        ...(details ? { error: detail, traceback: traceOf(problem) } : {}),
      };
    case 'generic':
      return { detail, code: problem.code };
    case 'validation':
      return { non_field_errors: [detail], code: problem.code };
  }
}

/** The stack of the service where it happened, if it sent one. */
const traceOf = ({ cause, stack }: Problem) => (typeof cause === 'string' ? cause : (stack ?? ''));
