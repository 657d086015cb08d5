import { deviceProvedCondition, METHODS_AT, recentIn, TOUCH_SESSION } from '@gatehouse/executor-postgres';
import { runNamed } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { Slice } from '../http/pagination.js';
import { readsAttributes } from '../users/avatars/avatar-modes.js';
import {
  AUTHENTICATED_USER_COLUMNS,
  type AuthenticatedUser,
  type AuthenticatedUserRow,
  perUserStatement,
} from '../users/user.repository.js';
import type { SessionLogin } from './session-authentication.js';

/** A session with a logged-in user. */
export interface ActiveSession {
  readonly id: string;
  /** The client address of the last request; undefined if none is stored. */
  readonly lastIp: string | undefined;
  readonly user: AuthenticatedUser;
}

/** A session in a list. */
export interface SessionSummary {
  readonly id: string;
  readonly userPk: number;
  readonly lastIp: string;
  readonly userAgent: string;
  readonly lastUsed: Date;
  readonly expires: Date;
}

/**
 * The result of the choice among several session keys of a browser. There is no key if an attacker may have planted one
 * of them.
 */
export interface ChosenKey {
  readonly key: Buffer | undefined;
  /** Ids of the live sessions, if the current keys belong to several. */
  readonly planted: readonly string[];
}

/**
 * Selects the active user of a current session key. $1 SHA-256 of the session key, $2 whether to load the user's
 * attributes.
 */
const FIND = {
  name: 'session_user',
  text: `
    SELECT ${AUTHENTICATED_USER_COLUMNS}, s.id AS session_id, s.data->>'last_ip' AS last_ip,
      s.seen_at < now() - interval '5 minutes' AS unseen
    FROM flow.session_keys k
    JOIN flow.sessions s ON s.id = k.session_id AND s.expires_at > now()
    JOIN directory.identities u ON u.id = s.user_id AND u.is_active AND u.epoch = s.user_epoch
    WHERE k.hash = $1 AND k.until IS NULL`,
};

/** Selects the keys of unexpired sessions, retired ones included. $1 SHA-256 of each key. */
const CHOOSE = {
  name: 'session_choose',
  text: `
    SELECT k.hash, s.id, k.until IS NULL AS current FROM flow.session_keys k
    JOIN flow.sessions s ON s.id = k.session_id AND s.expires_at > now()
    WHERE k.hash = ANY ($1::bytea[]) AND (k.until IS NULL OR k.until > now())`,
};

/** Sessions with a logged-in user. */
const LIVE = `
  FROM flow.sessions s JOIN directory.identities u ON u.id = s.user_id AND u.is_active AND u.epoch = s.user_epoch
  WHERE s.expires_at > now()`;
/** Columns of a session in a list. */
const LISTED = `
  SELECT s.id, u.pk AS "userPk", coalesce(s.data->>'last_ip', '') AS "lastIp",
    coalesce(s.data->>'last_user_agent', '') AS "userAgent", s.seen_at AS "lastUsed", s.expires_at AS expires`;

const COUNT = perUserStatement(
  'session_count',
  's.user_id',
  (owner) => `SELECT count(*)::int AS count ${LIVE} AND ${owner}`,
);
const LIST = perUserStatement(
  'session_list',
  's.user_id',
  (owner) => `${LISTED} ${LIVE} AND ${owner} ORDER BY s.seen_at DESC, s.id LIMIT $2 OFFSET $3`,
);
const FIND_LISTED = perUserStatement(
  'session_listed',
  's.user_id',
  (owner) => `${LISTED} ${LIVE} AND ${owner} AND s.id = $2`,
);
/**
 * Finds a session in which the user has proved a device. $1 id of the session, $2 uuid of the user, $3 largest number
 * of seconds since the login.
 */
const HAS_PROVED = {
  name: 'session_proved',
  text: `SELECT FROM flow.sessions WHERE id = $1 AND user_id = $2 AND ${deviceProvedCondition('', 'make_interval(secs => $3::int)')}`,
};

/**
 * Selects whether a device that the login has proved is old enough. $1-$3 are the same as in HAS_PROVED, $4 smallest
 * age of the device in seconds. A device that was removed does not count.
 */
const PROVED_DEVICE_AGE = {
  name: 'session_device_age',
  text: `SELECT EXISTS (SELECT FROM mfa.owned_devices d
      WHERE d.user_id = s.user_id AND s.data->'devices' @> to_jsonb(d.pk)
        AND d.created_at <= now() - make_interval(secs => $4::int)) AS old
    FROM flow.sessions s
    WHERE s.id = $1 AND s.user_id = $2 AND ${deviceProvedCondition('s.', 'make_interval(secs => $3::int)')}`,
};

/**
 * Finds a session with a recent login. $1 id of the session, $2 uuid of the user, $3 largest number of seconds since
 * the login.
 */
const IS_RECENT = {
  name: 'session_recent',
  text: `SELECT FROM flow.sessions WHERE id = $1 AND user_id = $2 AND ${recentIn('', 'make_interval(secs => $3::int)')}`,
};

/** Selects when and how the user of a session logged in. $1 id of the session, $2 uuid of the user. */
const FIND_LOGIN = {
  name: 'session_login',
  text: `
    SELECT extract(epoch FROM (s.data->>'login_at')::timestamptz)::double precision AS at,
      coalesce(${METHODS_AT}, '{}') AS "methodsAt"
    FROM flow.sessions s WHERE s.id = $1 AND s.user_id = $2`,
};

interface ChosenRow {
  readonly hash: Buffer;
  readonly id: string;
  readonly current: boolean;
}

type ActiveSessionRow = AuthenticatedUserRow & {
  readonly session_id: string;
  readonly last_ip: string | null;
  readonly unseen: boolean;
};

interface ProofQuery {
  readonly user: string;
  /** Largest number of seconds since the login. */
  readonly withinS: number;
}

interface DeviceAgeQuery extends ProofQuery {
  /** Smallest number of seconds since the set-up of the device. */
  readonly ageS: number;
}

/** Sessions of logged-in users. `userId` restricts a method to the sessions of one user; undefined means all users. */
@Injectable()
export class SessionRepository {
  private readonly withAttributes: boolean;

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(GATEWAY_CONFIG) { AVATARS }: Pick<GatewayConfig, 'AVATARS'>,
  ) {
    this.withAttributes = readsAttributes(AVATARS);
  }

  /**
   * Returns the unexpired session of an active user, or undefined if there is none. Returns undefined for a retired
   * key.
   */
  async find(sessionKey: Buffer): Promise<ActiveSession | undefined> {
    const { rows } = await runNamed<ActiveSessionRow>(this.source, FIND, [sessionKey, this.withAttributes]);
    if (!rows[0]) return undefined;
    const { session_id: id, last_ip: lastIp, unseen, ...user } = rows[0];
    if (unseen) await runNamed(this.source, TOUCH_SESSION, [id]);
    return { id, lastIp: lastIp ?? undefined, user: { ...user, kind: 'saved' } };
  }

  /** Returns the key of the only live session, or the ids of the live sessions if there are several. */
  async choose(keys: readonly Buffer[]): Promise<ChosenKey> {
    const { rows } = await runNamed<ChosenRow>(this.source, CHOOSE, [keys]);
    const current = rows.filter((row) => row.current);
    const sessions = [...new Set(current.map(({ id }) => id))];
    // If no key is current, a retired key counts, so that a client can still read how its plan ended.
    const [only, ...others] = current.length > 0 ? current : rows;
    return { key: others.length > 0 ? undefined : only?.hash, planted: sessions.length > 1 ? sessions : [] };
  }

  async count(userId: string | undefined): Promise<number> {
    const { rows } = await runNamed<{ count: number }>(this.source, COUNT(userId), [userId ?? null]);
    return rows[0]?.count ?? 0;
  }

  /** Returns sessions, the last used first. */
  async list(userId: string | undefined, { offset, limit }: Slice): Promise<SessionSummary[]> {
    return (await runNamed<SessionSummary>(this.source, LIST(userId), [userId ?? null, limit, offset])).rows;
  }

  async findListed(id: string, userId: string | undefined): Promise<SessionSummary | undefined> {
    return (await runNamed<SessionSummary>(this.source, FIND_LISTED(userId), [userId ?? null, id])).rows[0];
  }

  /** Returns whether the user logged in to the session recently and proved a device in that login. */
  async hasProvedDevice(id: string, { user, withinS }: ProofQuery): Promise<boolean> {
    return (await runNamed(this.source, HAS_PROVED, [id, user, withinS])).rows.length > 0;
  }

  /**
   * Returns whether a device that the recent login has proved is old enough; undefined if the login is not recent or has
   * proved no device.
   */
  async hasProvedOldDevice(id: string, { user, withinS, ageS }: DeviceAgeQuery): Promise<boolean | undefined> {
    return (await runNamed<{ old: boolean }>(this.source, PROVED_DEVICE_AGE, [id, user, withinS, ageS])).rows[0]?.old;
  }

  /** Returns when and how the user logged in to the session. */
  async findLogin(id: string, user: string): Promise<SessionLogin | undefined> {
    return (await runNamed<SessionLogin>(this.source, FIND_LOGIN, [id, user])).rows[0];
  }

  /** Returns whether the user logged in to the session recently, with a proof (docs/spec/plan.md#recent-proof). */
  async isRecentLogin(id: string, { user, withinS }: ProofQuery): Promise<boolean> {
    return (await runNamed(this.source, IS_RECENT, [id, user, withinS])).rows.length > 0;
  }
}
