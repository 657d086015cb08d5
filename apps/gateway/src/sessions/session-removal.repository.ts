import type { SavedUser } from '@gatehouse/contracts';
import {
  eventMessage,
  INSERT_OUTBOX_ROWS,
  insertOutboxRow,
  outboxColumns,
  outboxParameters,
  outboxRow,
} from '@gatehouse/outbox';
import { runNamed, Sealer } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RequestFacts } from '../http/event-facts.reader.js';

/** Selects the user of a session. $1 uuid of the user, or null for any user, $2 id of the session. */
const FIND_OWNER = {
  name: 'session_owner',
  text: `
    SELECT 'saved' AS kind, u.id AS uuid, u.pk, u.username, u.name, u.email, u.is_active, u.epoch, u.locale
    FROM flow.sessions s JOIN directory.identities u ON u.id = s.user_id
    WHERE ($1::uuid IS NULL OR s.user_id = $1) AND s.id = $2`,
};

/**
 * Deletes the session of a user, writes the audit event, and returns the hashes of the session's keys. $1 uuid of the
 * user, $2 id of the session, $3-$6 outbox row.
 */
const REMOVE = {
  name: 'session_remove',
  text: `
    WITH ended AS (
      DELETE FROM flow.sessions s WHERE s.user_id = $1 AND s.id = $2
      RETURNING ARRAY(SELECT k.hash FROM flow.session_keys k WHERE k.session_id = s.id) AS keys),
    event AS (${insertOutboxRow('ended', 3)})
    SELECT keys FROM ended`,
};

/**
 * Deletes sessions, and selects each with its user if it was logged in. Locks the sessions in the order of their ids, so
 * that requests with the same keys cannot deadlock. $1 ids of sessions.
 */
const REMOVE_PLANTED = `
  WITH locked AS MATERIALIZED (SELECT s.id FROM flow.sessions s WHERE s.id = ANY ($1::uuid[]) ORDER BY s.id FOR UPDATE),
  ended AS (DELETE FROM flow.sessions s USING locked WHERE s.id = locked.id RETURNING s.id, s.user_id, s.user_epoch)
  SELECT e.id AS session, to_jsonb(u) AS "user" FROM ended e LEFT JOIN LATERAL (
    SELECT 'saved' AS kind, u.id AS uuid, u.pk, u.username, u.name, u.email, u.is_active, u.epoch, u.locale
    FROM directory.identities u WHERE u.id = e.user_id AND u.is_active AND u.epoch = e.user_epoch) u ON true`;

interface RemovedRow {
  readonly session: string;
  readonly user: SavedUser | null;
}

/** Ends sessions of logged-in users. */
@Injectable()
export class SessionRemovalRepository {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(Sealer) private readonly sealer: Sealer,
  ) {}

  /**
   * Deletes a session and its plans, and writes an audit event about its user. `userId` restricts this to sessions of
   * one user; undefined means all users. The next request to any gateway is anonymous. Returns the hashes of the
   * session's keys; `undefined` if there is no such session.
   */
  async remove(id: string, userId: string | undefined, facts: RequestFacts): Promise<readonly Buffer[] | undefined> {
    const [user] = (await runNamed<SavedUser>(this.source, FIND_OWNER, [userId ?? null, id])).rows;
    if (!user) return undefined;
    const context = { session: id, own: 'uuid' in facts.actor && facts.actor.uuid === user.uuid };
    const row = outboxRow(eventMessage({ action: 'session_ended', context }, { ...facts, user }), this.sealer);
    const values = [user.uuid, id, ...outboxParameters(row)];
    return (await runNamed<{ keys: Buffer[] }>(this.source, REMOVE, values)).rows[0]?.keys;
  }

  /**
   * Deletes the sessions whose keys arrived in one request, because an attacker has planted one of the keys
   * (docs/adr/0037). Returns the number of sessions. Writes an audit event for each session with a user. Writes none
   * for anonymous sessions, because visitors could fill the outbox with these events.
   */
  removePlanted(ids: readonly string[], facts: RequestFacts): Promise<number> {
    return this.source.transaction(async (manager) => {
      const ended = await manager.query<RemovedRow[]>(REMOVE_PLANTED, [ids]);
      const rows = ended.flatMap(({ session, user }) => {
        if (!user) return [];
        const context = { session, own: false, reason: 'several_session_cookies' } as const;
        return [outboxRow(eventMessage({ action: 'session_ended', context }, { ...facts, user }), this.sealer)];
      });
      const { ids: eventIds, topics, bodies, users } = outboxColumns(rows);
      if (rows.length > 0) await manager.query(INSERT_OUTBOX_ROWS, [eventIds, topics, bodies, users]);
      return ended.length;
    });
  }
}
