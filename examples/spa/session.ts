import { createClient } from '@gatehouse/client';

/** The origin of Gatehouse, from the head of the page. */
export const gatehouse = document.querySelector<HTMLMetaElement>('meta[name=gatehouse]')?.content ?? '';

export const client = createClient({ baseUrl: gatehouse });

export const LOGIN = 'default-authentication-flow';
export const LOGOUT = 'default-invalidation-flow';

/** Returns the name of the logged-in user, or undefined for an anonymous visitor. */
export async function currentUser(): Promise<string | undefined> {
  const response = await fetch(`${gatehouse}/api/v3/core/users/me/`, { credentials: 'include' });
  if (!response.ok) return undefined;
  return ((await response.json()) as { user: { username: string } }).user.username;
}
