import { boundKey, RETIRED_KEY_TTL } from '@gatehouse/executor-postgres';
import { runNamed } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { DeviceKey } from './device-proof.js';

/** A session that is bound to a device, and what it has to do with the cookies of a request. */
export interface DeviceBinding {
  readonly key: DeviceKey;
  /** Number of proofs of the key that were accepted. */
  readonly proofs: number;
  /** Whether the session has a user who is logged in. */
  readonly isLive: boolean;
  /** Whether one of the cookies belongs to the session. */
  readonly isOwn: boolean;
  /** Whether one of the cookies belongs to an anonymous session. */
  readonly isAnonymous: boolean;
  /** Seconds until the session ends, if its login has set a duration. */
  readonly remainingS: number | null;
}

const liveUser = (session: string) =>
  `EXISTS (SELECT FROM directory.identities u
    WHERE u.id = ${session}.user_id AND u.is_active AND u.epoch = ${session}.user_epoch)`;

/**
 * Binds the session of a current key to a device, and replaces the stored hash of that key. $1 SHA-256 of the session
 * cookies, $2 id of the session, $3 public key. Locks the session first, like each commit of a plan.
 */
const BIND = {
  name: 'device_bind',
  conditional: true,
  text: `
    WITH session AS MATERIALIZED (
      SELECT s.id FROM flow.sessions s
      WHERE s.id = $2 AND s.expires_at > now() AND s.device_key IS NULL AND ${liveUser('s')} FOR UPDATE),
    bound AS (
      UPDATE flow.session_keys k SET hash = ${boundKey('k.hash', 'session.id')} FROM session
      WHERE k.session_id = session.id AND k.hash = ANY ($1::bytea[]) AND k.until IS NULL
      RETURNING k.session_id)
    UPDATE flow.sessions s SET device_key = $3 FROM bound WHERE s.id = bound.session_id RETURNING s.id`,
};

/** Selects a bound session. $1 its id, $2 SHA-256 of the session cookies of the request. */
const FIND = {
  name: 'device_binding',
  text: `
    SELECT s.device_key AS key, s.device_proofs AS proofs, ${liveUser('s')} AS "isLive",
      EXISTS (SELECT FROM unnest($2::bytea[]) c(hash) JOIN flow.session_keys k
        ON k.hash = ${boundKey('c.hash', 's.id')} AND k.session_id = s.id AND k.until IS NULL) AS "isOwn",
      EXISTS (SELECT FROM flow.session_keys k JOIN flow.sessions o ON o.id = k.session_id
        WHERE k.hash = ANY ($2::bytea[]) AND k.until IS NULL AND o.expires_at > now() AND NOT ${liveUser('o')}) AS "isAnonymous",
      CASE WHEN s.ttl IS NULL THEN extract(epoch FROM s.expires_at - now())::float8 END AS "remainingS"
    FROM flow.sessions s WHERE s.id = $1 AND s.device_key IS NOT NULL AND s.expires_at > now()`,
};

/** Counts a proof. $1 id of the session, $2 number of proofs that its challenge names. Changes one row at most once. */
const ACCEPT = {
  name: 'device_proof_accept',
  conditional: true,
  text: `UPDATE flow.sessions SET device_proofs = device_proofs + 1
         WHERE id = $1 AND device_proofs = $2 AND device_key IS NOT NULL RETURNING id`,
};

/**
 * Ends the binding of a session whose user is no longer logged in. The session stays usable with the session cookie
 * alone, so that its plans are not lost. $1 id of the session, $2 SHA-256 of the session cookies of the request.
 */
const UNBIND = {
  name: 'device_unbind',
  text: `
    WITH session AS (
      UPDATE flow.sessions s SET device_key = NULL WHERE s.id = $1 AND NOT ${liveUser('s')} RETURNING s.id)
    UPDATE flow.session_keys k SET hash = c.hash FROM session, unnest($2::bytea[]) c(hash)
    WHERE k.session_id = session.id AND k.until IS NULL AND k.hash = ${boundKey('c.hash', 'session.id')}`,
};

/** Gives a bound session a new key. $1 id of the session, $2 SHA-256 of the new session cookie. */
const RENEW_KEY = {
  name: 'device_renew_key',
  conditional: true,
  text: `
    WITH session AS MATERIALIZED (
      SELECT s.id FROM flow.sessions s WHERE s.id = $1 AND s.device_key IS NOT NULL FOR UPDATE),
    retired AS (
      UPDATE flow.session_keys k SET until = now() + ${RETIRED_KEY_TTL} FROM session
      WHERE k.session_id = session.id AND k.until IS NULL)
    INSERT INTO flow.session_keys (hash, session_id) SELECT ${boundKey('$2', 'id')}, id FROM session RETURNING session_id`,
};

/** Bindings of sessions to devices. `cookies` are the SHA-256 of the session cookies of a request. */
@Injectable()
export class DeviceBindingRepository {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  /**
   * Binds a session to a device. Returns false if the session is bound already, has no user, or does not belong to one
   * of the cookies.
   */
  bind(cookies: readonly Buffer[], sessionId: string, key: DeviceKey): Promise<boolean> {
    return this.changes(BIND, [cookies, sessionId, JSON.stringify(key)]);
  }

  async find(sessionId: string, cookies: readonly Buffer[]): Promise<DeviceBinding | undefined> {
    return (await runNamed<DeviceBinding>(this.source, FIND, [sessionId, cookies])).rows[0];
  }

  /** Counts a proof. Returns false if another proof was accepted since its challenge was issued. */
  accept(sessionId: string, proofs: number): Promise<boolean> {
    return this.changes(ACCEPT, [sessionId, proofs]);
  }

  /** Ends the binding of a session whose user is no longer logged in. */
  async unbind(sessionId: string, cookies: readonly Buffer[]): Promise<void> {
    await runNamed(this.source, UNBIND, [sessionId, cookies]);
  }

  /** Replaces the key of a bound session. Returns false if the session has ended. */
  renewKey(sessionId: string, key: Buffer): Promise<boolean> {
    return this.changes(RENEW_KEY, [sessionId, key]);
  }

  private async changes(statement: typeof BIND, values: unknown[]): Promise<boolean> {
    return (await runNamed(this.source, statement, values)).rows.length > 0;
  }
}
