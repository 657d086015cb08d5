const REQUEST_ID = /"request_id":"([0-9a-f]{32})"/;

/**
 * Returns the message of an error, followed by the problem that the gateway has logged for the request id in the
 * message. The response alone does not name the problem.
 */
export function withProblem(message: string, log: string): string {
  const [, id] = REQUEST_ID.exec(message) ?? [];
  if (id === undefined) return message;
  const line = log.split('\n').find((candidate) => candidate.includes(`"request_id":"${id}"`));
  const problem = /"problem":"(\w+)"/.exec(line ?? '')?.[1];
  const cause = problem ?? 'none. It logs no request that admission refuses (docs/spec/http.md#admission)';
  return `${message}\nProblem in the log of the gateway: ${cause}`;
}
