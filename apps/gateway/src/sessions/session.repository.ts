import { deviceProvedCondition, recentIn, TOUCH_SESSION } from '@gatehouse/executor-postgres';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { perUserStatement } from '../http/per-user-statement.js';
import { CURRENT_USER_COLUMNS, type CurrentUserRow } from '../users/current-user.columns.js';
import { type ActiveSession, type ChosenKey, type SessionSummary, Sessions, type Slice } from './sessions.js';

/** $1 SHA-256 of the session cookie, $2 whether attributes are wanted. */
const FIND = {
  name: 'session_user',
  text: `
    SELECT ${CURRENT_USER_COLUMNS}, s.id AS session_id, s.data->>'last_ip' AS last_ip,
      s.seen_at < now() - interval '5 minutes' AS unseen
    FROM flow.session_keys k
    JOIN flow.sessions s ON s.id = k.session_id AND s.expires_at > now()
    JOIN directory.identities u ON u.id = s.user_id AND u.is_active AND u.epoch = s.user_epoch
    WHERE k.hash = $1 AND k.until IS NULL`,
};

/**
 * $1 SHA-256 of several session keys. Locks sessions by id, so that requests with the same keys cannot deadlock. A retired key
 * is listed, but makes no session one of several.
 */
const CHOOSE = {
  name: 'session_choose',
  text: `
    WITH live AS MATERIALIZED (
      SELECT k.hash, s.id, k.until IS NULL AS current FROM flow.session_keys k
      JOIN flow.sessions s ON s.id = k.session_id AND s.expires_at > now()
      WHERE k.hash = ANY ($1::bytea[]) AND (k.until IS NULL OR k.until > now())),
    locked AS MATERIALIZED (
      SELECT s.id FROM flow.sessions s
      WHERE s.id IN (SELECT id FROM live WHERE current) AND (SELECT count(DISTINCT id) > 1 FROM live WHERE current)
      ORDER BY s.id FOR UPDATE),
    ended AS (DELETE FROM flow.sessions s USING locked WHERE s.id = locked.id RETURNING s.id)
    SELECT hash, current, (SELECT count(*)::int FROM ended) AS ended FROM live`,
};

/** Sessions that somebody is logged in to. */
const LIVE = `
  FROM flow.sessions s JOIN directory.identities u ON u.id = s.user_id AND u.is_active AND u.epoch = s.user_epoch
  WHERE s.expires_at > now()`;
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
const REMOVE = {
  name: 'session_remove',
  text: 'DELETE FROM flow.sessions WHERE ($1::uuid IS NULL OR user_id = $1) AND id = $2 AND user_id IS NOT NULL',
};

/** $1 session, $2 user, $3 seconds. */
const HAS_PROVED = {
  name: 'session_proved',
  text: `SELECT FROM flow.sessions WHERE id = $1 AND user_id = $2 AND ${deviceProvedCondition('', 'make_interval(secs => $3::int)')}`,
};

/** $1 session, $2 user, $3 seconds. */
const IS_RECENT = {
  name: 'session_recent',
  text: `SELECT FROM flow.sessions WHERE id = $1 AND user_id = $2 AND ${recentIn('', 'make_interval(secs => $3::int)')}`,
};

interface ChosenRow {
  readonly hash: Buffer;
  readonly current: boolean;
  readonly ended: number;
}

type ActiveSessionRow = CurrentUserRow & {
  readonly session_id: string;
  readonly last_ip: string | null;
  readonly unseen: boolean;
};

/** Sessions in Postgres. */
export class TypeormSessions extends Sessions {
  /** `attributes`: whether those of users are wanted. */
  constructor(
    private readonly source: DataSource,
    private readonly attributes = false,
  ) {
    super();
  }

  async find(sessionKey: Buffer): Promise<ActiveSession | undefined> {
    const { rows } = await runNamed<ActiveSessionRow>(this.source, FIND, [sessionKey, this.attributes]);
    if (!rows[0]) return undefined;
    const { session_id: id, last_ip: lastIp, unseen, ...user } = rows[0];
    if (unseen) await runNamed(this.source, TOUCH_SESSION, [id]);
    return { id, lastIp: lastIp ?? undefined, user: { ...user, kind: 'saved' } };
  }

  async choose(keys: readonly Buffer[]): Promise<ChosenKey> {
    const { rows } = await runNamed<ChosenRow>(this.source, CHOOSE, [keys]);
    const current = rows.filter((row) => row.current);
    // A key that a login has just replaced still sees how its plan ended.
    const [only, ...others] = current.length > 0 ? current : rows;
    return { key: others.length > 0 ? undefined : only?.hash, ended: only?.ended ?? 0 };
  }

  async count(ofUser: string | undefined): Promise<number> {
    const { rows } = await runNamed<{ count: number }>(this.source, COUNT(ofUser), [ofUser ?? null]);
    return rows[0]?.count ?? 0;
  }

  async list(ofUser: string | undefined, { offset, limit }: Slice): Promise<SessionSummary[]> {
    return (await runNamed<SessionSummary>(this.source, LIST(ofUser), [ofUser ?? null, limit, offset])).rows;
  }

  async findListed(id: string, ofUser: string | undefined): Promise<SessionSummary | undefined> {
    return (await runNamed<SessionSummary>(this.source, FIND_LISTED(ofUser), [ofUser ?? null, id])).rows[0];
  }

  async remove(id: string, ofUser: string | undefined): Promise<boolean> {
    return (await runNamed(this.source, REMOVE, [ofUser ?? null, id])).rowCount === 1;
  }

  async hasProvedDevice(id: string, { user, withinS }: { user: string; withinS: number }): Promise<boolean> {
    return (await runNamed(this.source, HAS_PROVED, [id, user, withinS])).rows.length > 0;
  }

  async isRecentLogin(id: string, { user, withinS }: { user: string; withinS: number }): Promise<boolean> {
    return (await runNamed(this.source, IS_RECENT, [id, user, withinS])).rows.length > 0;
  }
}
