import type { Identity } from '@gatehouse/executor';

/** A logged-in user as they may see themselves. */
export interface CurrentUser extends Identity {
  readonly type: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly groups: readonly { readonly pk: string; readonly name: string }[];
}

/** A session that somebody is logged in to. */
export interface ActiveSession {
  readonly id: string;
  /** Where it was last used from; undefined when nobody noted it. */
  readonly lastIp: string | undefined;
  readonly user: CurrentUser;
}

/** A session as it is listed to whoever may end it. */
export interface SessionSummary {
  readonly id: string;
  readonly userPk: number;
  readonly lastIp: string;
  readonly userAgent: string;
  readonly lastUsed: Date;
  readonly expires: Date;
}

/** Which of several session keys counts, and how many sessions ended because more than one was live. */
export interface ChosenKey {
  readonly key: Buffer | undefined;
  readonly ended: number;
}

/** Part of a list: `offset` and `limit` count sessions. */
export interface Slice {
  readonly offset: number;
  readonly limit: number;
}

/** Who is logged in where. Whoever is asked about by `ofUser`: one user's sessions, or everybody's when it is undefined. */
export abstract class Sessions {
  /** The session of an active user that has not expired; a retired key is nobody's. */
  abstract find(sessionKey: Buffer): Promise<ActiveSession | undefined>;
  /** Chooses among several keys of one request. If they are of several live sessions, none counts and all of these end. */
  abstract choose(keys: readonly Buffer[]): Promise<ChosenKey>;
  abstract count(ofUser: string | undefined): Promise<number>;
  /** The last used first. */
  abstract list(ofUser: string | undefined, slice: Slice): Promise<SessionSummary[]>;
  abstract findListed(id: string, ofUser: string | undefined): Promise<SessionSummary | undefined>;
  /** Ends a session with all its plans; false when there is none. Counts at the next request everywhere. */
  abstract remove(id: string, ofUser: string | undefined): Promise<boolean>;
  /** Whether somebody has logged in to a session within so many seconds, and proved a device on the way. */
  abstract hasProvedDevice(id: string, { user, withinS }: { user: string; withinS: number }): Promise<boolean>;
  /** Whether a user has logged in to a session within so many seconds, and proved themselves on the way. */
  abstract isRecentLogin(id: string, { user, withinS }: { user: string; withinS: number }): Promise<boolean>;
}
