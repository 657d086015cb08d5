/** Id of a request to a stage or to the policies: `<plan>.<revision>.<number>`. */
const REQUEST_ID = /^([\w-]{1,64})\.[\w.-]{1,128}$/;

/**
 * Returns the fields of a log line that connect it with the lines of the gateway, from the body of a request on the bus.
 * They are `undefined` if the body has no valid id.
 */
export function requestFields(body: unknown): { plan: string | undefined; request: string | undefined } {
  const id = (body as { id?: unknown } | null | undefined)?.id;
  const match = typeof id === 'string' ? REQUEST_ID.exec(id) : null;
  return { plan: match?.[1], request: match?.[0] };
}
