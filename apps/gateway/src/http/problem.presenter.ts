import { type Errors, fieldMessages, interpolate, type Problem, render, type Translate } from '@gatehouse/contracts';

/** Status, body and headers of a response. */
export interface HttpResponseBody {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface ProblemViewer {
  readonly requestId: string;
  /** Whether the client may read the details of an error (docs/spec/executor.md#flow-error). */
  readonly details: boolean;
  /** Translates into the viewer's language. */
  readonly translate: Translate;
}

/**
 * Returns the response of a problem. `problems` defines the form of the body for each code
 * (docs/spec/http.md#problems).
 */
export function presentProblem(problem: Problem, viewer: ProblemViewer): HttpResponseBody {
  const { status } = problem.entry;
  return { status, headers: headersOf(problem), body: bodyOf(problem, viewer) };
}

/** Returns the body of the response to a request with invalid fields. */
export function presentFieldErrors(errors: Errors): Readonly<Record<string, readonly string[]>> {
  const rendered = Object.entries(errors).map(([field, messages]) => [
    field,
    messages.map((message) => render(message, interpolate, fieldMessages).string),
  ]);
  return Object.fromEntries(rendered) as Record<string, string[]>;
}

const headersOf = ({ code, retryAfterS }: Problem) => ({
  ...(retryAfterS === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterS)) }),
  // Closes the connection, because the client may still be sending the body.
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

/** Returns the stack of the service that failed, if it sent one, else the stack of the problem. */
const traceOf = ({ cause, stack }: Problem) => (typeof cause === 'string' ? cause : (stack ?? ''));
