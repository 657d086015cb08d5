import type { Effect } from '@gatehouse/contracts';

/** What makes a session somebody's, or nobody's. */
export type SessionChange = Extract<Effect, { type: 'login' | 'logout' }>;

/** What becomes of the session: of several logins and logouts in one request the last decides. */
export const lastSessionChange = (effects: readonly Effect[]): SessionChange | undefined =>
  effects.findLast((effect): effect is SessionChange => effect.type === 'login' || effect.type === 'logout');
