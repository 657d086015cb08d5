import { randomUUID } from 'node:crypto';
import { hashToken, newSessionKey, type SessionKey } from '@gatehouse/executor';
import {
  interval,
  MAX_PENDING_SOURCE_LOGINS,
  openPendingSourceLogin,
  type PendingSourceLogin,
  pendingSourceLoginRow,
} from '@gatehouse/executor-postgres';
import { type NamedStatement, runNamed, type Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { SourceLogins } from './source-logins.js';

/** $1 hash of the state, $2 source, $3 body, $4 lifetime, $5 SHA-256 of the session cookie. */
const OPEN: NamedStatement = {
  name: 'source_login_open',
  text: `
    WITH session AS (
      SELECT s.id FROM flow.session_keys k JOIN flow.sessions s ON s.id = k.session_id
      WHERE k.hash = $5 AND k.until IS NULL AND s.expires_at > now()),
    older AS (
      DELETE FROM flow.source_logins WHERE hash IN (
        SELECT l.hash FROM flow.source_logins l JOIN session ON l.session_id = session.id
        ORDER BY l.expires_at DESC OFFSET ${MAX_PENDING_SOURCE_LOGINS - 1}))
    INSERT INTO flow.source_logins (hash, session_id, source_id, body, expires_at)
    SELECT $1, session.id, $2, $3, now() + $4::interval FROM session RETURNING session_id`,
};

/** As OPEN, with the session $6 and its key $5 made in the same statement; $7 is how long strangers' sessions last. */
const OPEN_WITH_SESSION: NamedStatement = {
  name: 'source_login_open_with_session',
  text: `
    WITH session AS (
      INSERT INTO flow.sessions (id, ttl, expires_at) VALUES ($6, $7::interval, now() + $7::interval) RETURNING id),
    key AS (INSERT INTO flow.session_keys (hash, session_id) SELECT $5, id FROM session)
    INSERT INTO flow.source_logins (hash, session_id, source_id, body, expires_at)
    SELECT $1, session.id, $2, $3, now() + $4::interval FROM session`,
};

/** $1 hash of the state, $2 SHA-256 of the session cookie. Of two who bring one state, one finds it. */
const TAKE: NamedStatement = {
  name: 'source_login_take',
  text: `
    DELETE FROM flow.source_logins l USING flow.session_keys k, flow.sessions s
    WHERE l.hash = $1 AND l.expires_at > now() AND k.hash = $2 AND k.until IS NULL AND k.session_id = l.session_id
      AND s.id = k.session_id AND s.expires_at > now()
    RETURNING l.body`,
};

interface Lifetimes {
  readonly sourceLoginS: number;
  readonly anonymousSessionS: number;
}

/** Logins at sources in Postgres. */
export class TypeormSourceLogins extends SourceLogins {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
    private readonly lifetimes: Lifetimes,
  ) {
    super();
  }

  async open(
    state: string,
    login: PendingSourceLogin,
    sessionKey: Buffer | undefined,
  ): Promise<SessionKey | undefined> {
    const { hash, source, body } = pendingSourceLoginRow(state, login, this.sealer);
    const row = [hash, source, body, interval(this.lifetimes.sourceLoginS)];
    if (sessionKey && (await runNamed(this.source, OPEN, [...row, sessionKey])).rows.length > 0) return undefined;
    const key = newSessionKey(undefined);
    const session = [key.hash, randomUUID(), interval(this.lifetimes.anonymousSessionS)];
    await runNamed(this.source, OPEN_WITH_SESSION, [...row, ...session]);
    return key;
  }

  async take(state: string, sessionKey: Buffer | undefined): Promise<PendingSourceLogin | undefined> {
    if (!sessionKey) return undefined;
    const { rows } = await runNamed<{ body: Buffer }>(this.source, TAKE, [hashToken(state), sessionKey]);
    return rows[0] && openPendingSourceLogin(state, rows[0].body, this.sealer);
  }
}
