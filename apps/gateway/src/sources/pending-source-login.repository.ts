import { hashToken, newSessionKey, type SessionKey } from '@gatehouse/executor';
import {
  interval,
  MAX_PENDING_SOURCE_LOGINS,
  openPendingSourceLogin,
  type PendingSourceLogin,
  pendingSourceLoginRow,
} from '@gatehouse/executor-postgres';
import { type NamedStatement, runNamed, Sealer, uuidV7 } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

/**
 * Stores a pending login in an existing session. `session` finds the session, and lets an anonymous session last as
 * long as the login. `older` deletes the oldest logins of the session above the limit. $1 hash of the state, $2 uuid of
 * the source, $3 sealed body, $4 lifetime of the login (interval), $5 SHA-256 of the session key.
 */
const OPEN: NamedStatement = {
  name: 'source_login_open',
  text: `
    WITH session AS (
      UPDATE flow.sessions s SET expires_at = greatest(s.expires_at, CASE WHEN s.user_id IS NULL THEN now() + $4::interval END)
      FROM flow.session_keys k
      WHERE s.id = k.session_id AND k.hash = $5 AND k.until IS NULL AND s.expires_at > now() RETURNING s.id),
    older AS (
      DELETE FROM flow.source_logins WHERE hash IN (
        SELECT l.hash FROM flow.source_logins l JOIN session ON l.session_id = session.id
        ORDER BY l.expires_at DESC OFFSET ${MAX_PENDING_SOURCE_LOGINS - 1}))
    INSERT INTO flow.source_logins (hash, session_id, source_id, body, expires_at)
    SELECT $1, session.id, $2, $3, now() + $4::interval FROM session RETURNING session_id`,
};

/**
 * Stores a pending login in a new session, which `session` and `key` create. $1-$5 are the same as in OPEN. $6 id of
 * the session.
 */
const OPEN_WITH_SESSION: NamedStatement = {
  name: 'source_login_open_with_session',
  text: `
    WITH session AS (
      INSERT INTO flow.sessions (id, ttl, expires_at, cleanup_at)
      VALUES ($6, $4::interval, now() + $4::interval, now() + $4::interval) RETURNING id),
    key AS (INSERT INTO flow.session_keys (hash, session_id) SELECT $5, id FROM session)
    INSERT INTO flow.source_logins (hash, session_id, source_id, body, expires_at)
    SELECT $1, session.id, $2, $3, now() + $4::interval FROM session`,
};

/**
 * Deletes and returns a pending login, so that only one of two concurrent requests with the same state finds it. $1
 * hash of the state, $2 SHA-256 of the session key.
 */
const TAKE = `
    DELETE FROM flow.source_logins l USING flow.session_keys k, flow.sessions s
    WHERE l.hash = $1 AND l.expires_at > now() AND k.hash = $2 AND k.until IS NULL AND k.session_id = l.session_id
      AND s.id = k.session_id AND s.expires_at > now()
    RETURNING l.body`;

/** The session key of a request, and the check that runs before a session is created. */
interface SessionSource {
  readonly sessionKey: Buffer | undefined;
  /** Called before a session is created. Throws `rate_limited`. */
  readonly checkNewSessionRate: () => void;
}

/** Pending logins at sources. A state is valid once, for a limited time, in the session that it was created for. */
@Injectable()
export class PendingSourceLoginRepository {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(Sealer) private readonly sealer: Sealer,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'SOURCE_LOGIN_S'>,
  ) {}

  /**
   * Stores a pending login, and deletes the oldest pending logins of the session above a limit. If there was no
   * session, calls `checkNewSessionRate`, creates a session that lasts as long as the login, and returns its key.
   */
  async open(
    state: string,
    login: PendingSourceLogin,
    { sessionKey, checkNewSessionRate }: SessionSource,
  ): Promise<SessionKey | undefined> {
    const { hash, source, body } = pendingSourceLoginRow(state, login, this.sealer);
    const row = [hash, source, body, interval(this.config.SOURCE_LOGIN_S)];
    if (sessionKey && (await runNamed(this.source, OPEN, [...row, sessionKey])).rows.length > 0) return undefined;
    checkNewSessionRate();
    const key = newSessionKey(undefined);
    await runNamed(this.source, OPEN_WITH_SESSION, [...row, key.hash, uuidV7()]);
    return key;
  }

  /**
   * Deletes and returns the pending login of a state. Returns undefined if this session has no login with that state.
   */
  async take(state: string, sessionKey: Buffer | undefined): Promise<PendingSourceLogin | undefined> {
    if (!sessionKey) return undefined;
    // The deletion is undone if this gateway has no key for the sealed login, so that another gateway with the key can
    // still open it.
    return this.source.transaction(async (manager) => {
      const [rows] = await manager.query<[{ body: Buffer }[], number]>(TAKE, [hashToken(state), sessionKey]);
      return rows[0] && openPendingSourceLogin(state, rows[0].body, this.sealer);
    });
  }
}
