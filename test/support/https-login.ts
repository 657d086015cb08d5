import type { HttpsVisitor } from './https-visitor.js';

interface Login {
  /** Hosts of the application and of the login, with their ports. */
  readonly app: string;
  readonly loginHost: string;
  readonly username: string;
  /** Path of the application that the visitor opens. */
  readonly path?: string;
}

/**
 * Opens a path of an application behind forward auth as an anonymous visitor, and logs in by the flow `login`. Returns
 * the last response and its redirects.
 */
export async function logInThrough(visitor: HttpsVisitor, { app, loginHost, username, path = '/' }: Login) {
  const { addresses } = await visitor.open(app, path);
  const login = new URL(addresses.at(-1)!);
  if (login.host !== loginHost) throw new Error(`no login at ${loginHost}: ${addresses.join(' -> ')}`);
  const executor = `/api/v3/flows/executor/login/?query=${encodeURIComponent(login.search.slice(1))}`;
  const answer = async (body: object) => {
    const csrf = visitor.cookiesOf(loginHost).get('authentik_csrf') ?? '';
    const headers = { 'content-type': 'application/json', 'x-authentik-csrf': csrf };
    const response = await visitor.send(loginHost, executor, { method: 'POST', headers, body: JSON.stringify(body) });
    return JSON.parse(response.text) as { to: string };
  };
  await answer({ uid_field: username });
  const { to } = await answer({ password: 'correct-horse-7' });
  return visitor.open(loginHost, to);
}
