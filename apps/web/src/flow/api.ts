/** Sends a request to the API with the CSRF token: a POST if there is a `body`, else a GET. */
export const callApi = (
  address: string,
  {
    body,
    headers,
    ...init
  }: Omit<RequestInit, 'headers'> & { body?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> =>
  fetch(address, {
    ...init,
    ...(body === undefined ? {} : { method: 'POST', body }),
    headers: {
      ...headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      accept: 'application/json',
      // Asks for all fields of challenges, whichever API version other clients get (docs/spec/api-versions.md).
      'x-gatehouse-fields': 'complete',
      'x-authentik-csrf': cookie(document.documentElement.dataset['csrfCookie'] ?? ''),
    },
  });

function cookie(name: string): string {
  const pair = document.cookie.split('; ').find((entry) => entry.startsWith(`${name}=`));
  return pair?.slice(name.length + 1) ?? '';
}
