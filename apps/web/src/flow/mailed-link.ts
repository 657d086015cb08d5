/** Query parameter with the token of a mailed link. */
const LINK_TOKEN = 'flow_token';

/**
 * Returns the address of a page without the token of a mailed link. The token is needed only until the first answer:
 * afterwards the plan of a valid link is in the session, and an invalid link would be reported again at each step.
 */
export function withoutLink(address: string): string {
  const [path = ''] = address.split('?', 1);
  const query = new URLSearchParams(address.slice(path.length));
  if (!query.has(LINK_TOKEN)) return address;
  query.delete(LINK_TOKEN);
  return query.size > 0 ? `${path}?${query}` : path;
}
