import { boundKey } from '@gatehouse/executor-postgres';
import { runNamed } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { DeviceKey } from './device-proof.js';

/** A session that is bound to a device. */
export interface DeviceBinding {
  readonly key: DeviceKey;
  /** Number of accepted proofs of the key. */
  readonly proofs: number;
  /** Whether one of the request's session cookies belongs to the session. */
  readonly isOwn: boolean;
}

/**
 * Binds the session of a current key to a device, and replaces the stored hash of that key. $1 SHA-256 of the session
 * cookies, $2 id of the session, $3 public key. Locks the session first, as each plan commit does, so that the two
 * cannot deadlock.
 */
const BIND = {
  name: 'device_bind',
  conditional: true,
  text: `
    WITH session AS MATERIALIZED (
      SELECT s.id FROM flow.sessions s
      WHERE s.id = $2 AND s.expires_at > now() AND s.device_key IS NULL AND s.login_set IS NULL AND EXISTS (
        SELECT FROM directory.identities u WHERE u.id = s.user_id AND u.is_active AND u.epoch = s.user_epoch) FOR UPDATE),
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
    SELECT s.device_key AS key, s.device_proofs AS proofs, EXISTS (
      SELECT FROM unnest($2::bytea[]) c(hash) JOIN flow.session_keys k
        ON k.hash = ${boundKey('c.hash', 's.id')} AND k.session_id = s.id AND k.until IS NULL) AS "isOwn"
    FROM flow.sessions s WHERE s.id = $1 AND s.device_key IS NOT NULL AND s.expires_at > now()`,
};

/**
 * Counts a proof. $1 id of the session, $2 number of accepted proofs in the challenge. Changes no row if the number has
 * changed since (compare-and-set).
 */
const ACCEPT = {
  name: 'device_proof_accept',
  conditional: true,
  text: `UPDATE flow.sessions SET device_proofs = device_proofs + 1
         WHERE id = $1 AND device_proofs = $2 AND device_key IS NOT NULL RETURNING id`,
};

/** Bindings of sessions to devices. `cookies` are the SHA-256 of the session cookies of a request. */
@Injectable()
export class DeviceBindingRepository {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  /**
   * Binds a session to a device. Returns false if the session is bound already, has no user, is one of several logins of
   * the browser, or does not belong to one of the cookies.
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

  private async changes(statement: typeof BIND, values: unknown[]): Promise<boolean> {
    return (await runNamed(this.source, statement, values)).rows.length > 0;
  }
}
