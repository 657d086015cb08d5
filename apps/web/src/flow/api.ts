/** A request to the API of this site, with what shows that it is the visitor's own; `body` makes it a POST. */
export const callApi = (address: string, { body, ...init }: RequestInit & { body?: string } = {}): Promise<Response> =>
  fetch(address, {
    ...init,
    ...(body === undefined ? {} : { method: 'POST', body }),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      accept: 'application/json',
      'x-authentik-csrf': cookie(document.documentElement.dataset['csrfCookie'] ?? ''),
    },
  });

/** Where the executor of a flow is; `search`: the query of the flow's page. */
export const executorAddress = (slug: string, search: string): string =>
  `/api/v3/flows/executor/${encodeURIComponent(slug)}/?query=${encodeURIComponent(search.replace(/^\?/, ''))}`;

function cookie(name: string): string {
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? '';
}
