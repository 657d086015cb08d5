import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { interpolate, Problem, type ProblemCode } from '@gatehouse/contracts';
import { counter } from '@gatehouse/platform';
import { presentProblem } from './problem.presenter.js';

const PROBLEM_CODES: Readonly<Record<string, ProblemCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_too_slow',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
};

const malformed = counter({
  name: 'gatehouse_malformed_requests_total',
  question: 'abuse',
  help: 'Requests that were refused because they are not valid HTTP, are too large, or arrive too slowly',
  labels: { problem: ['malformed_http', ...Object.values(PROBLEM_CODES)] },
});

interface ErrorContext {
  readonly requestId: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Responds to a malformed or incomplete request with the error body of the API, and closes the connection. Counts the
 * request in a metric, and logs nothing: the request has neither a route nor a trustworthy address.
 */
export function rejectConnection(
  error: Error & { readonly code?: string },
  socket: Duplex,
  { requestId, headers }: ErrorContext,
) {
  if (socket.writable && error.code !== 'ECONNRESET') {
    const problem = new Problem(PROBLEM_CODES[error.code ?? ''] ?? 'malformed_http');
    malformed.inc({ problem: problem.code });
    // The server could not parse the headers, so the visitor's language is unknown and the message is in English.
    const { status, body } = presentProblem(problem, { requestId, details: false, translate: interpolate });
    const text = JSON.stringify(body);
    const allHeaders = {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      connection: 'close',
    };
    const lines = Object.entries(allHeaders).map(([name, value]) => `${name}: ${value}`);
    socket.write([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', text].join('\r\n'));
  }
  socket.destroy();
}
