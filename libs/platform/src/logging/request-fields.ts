/** Format of the id of a request to a stage or to policies: `<plan>.<revision>.<number>`. */
const REQUEST_ID = /^([\w-]{1,64})\.[\w.-]{1,128}$/;

/**
 * Returns the ids of the plan and the request for a log line of a service. The gateway's lines about the same plan have
 * the same ids. `body` is a request on the bus. The fields are `undefined` if it has no valid id.
 */
export function requestFields(body: unknown): { plan: string | undefined; request: string | undefined } {
  const id = (body as { id?: unknown } | null | undefined)?.id;
  const match = typeof id === 'string' ? REQUEST_ID.exec(id) : null;
  return { plan: match?.[1], request: match?.[0] };
}
