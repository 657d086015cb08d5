import { createClient, type Wait } from '@gatehouse/client';

/** The origin of Gatehouse, from the head of the page. */
export const gatehouse = document.querySelector<HTMLMetaElement>('meta[name=gatehouse]')?.content ?? '';

export const client = createClient({ baseUrl: gatehouse });

export const LOGIN = 'default-authentication-flow';
export const LOGOUT = 'default-invalidation-flow';

/**
 * Returns the text for a visitor who waits. If CORS_ORIGINS does not list the origin of the page, the browser hides the
 * responses, so Gatehouse seems to be unreachable too.
 */
export const waitingText = ({ seconds }: Wait): string => `Gatehouse cannot be reached. Trying again in ${seconds} s.`;

/**
 * Returns the name of the logged-in user, or undefined for an anonymous visitor, who gets 403. Also undefined if Gatehouse
 * cannot be reached: the flow then tries again, and tells the visitor.
 */
export async function currentUser(): Promise<string | undefined> {
  const url = `${gatehouse}/api/v3/core/users/me/`;
  const response = await fetch(url, { credentials: 'include' }).catch(() => undefined);
  if (!response?.ok) return undefined;
  return ((await response.json()) as { user: { username: string } }).user.username;
}
