import type { SessionBindings } from '@gatehouse/executor';
import { type BrokenSession, SessionBindingStore } from '@gatehouse/executor';
import { eventMessage, insertOutboxRow, outboxParameters, outboxRow } from '@gatehouse/outbox';
import { runNamed, type Sealer } from '@gatehouse/platform';
import type { DataSource, EntityManager } from 'typeorm';

/** Finds the bindings of a session. $1 id of the session. */
const FIND_BINDINGS = {
  name: 'session_bindings',
  text: `SELECT data->'bindings'->>'network' AS network, data->'bindings'->>'geoip' AS geoip
         FROM flow.sessions WHERE id = $1 AND user_id IS NOT NULL`,
};

/** Stores the client's address and user agent in a session. $1 id of the session, $2 IP address, $3 user agent. */
const MOVE = {
  name: 'session_move',
  text: `UPDATE flow.sessions SET data = data || jsonb_build_object('last_ip', $2::text, 'last_user_agent', $3::text)
         WHERE id = $1 AND user_id IS NOT NULL`,
};

/**
 * Deletes a session and inserts the event about its end into the outbox. $1 id of the session, $2 uuid of its user,
 * $3-$6 outbox row.
 */
const END = {
  name: 'session_break',
  text: `WITH ended AS (DELETE FROM flow.sessions WHERE id = $1 AND user_id = $2 RETURNING id)
         ${insertOutboxRow('ended', 3)}`,
};

/** Reads bindings of sessions, stores the addresses of clients, and ends sessions, in Postgres. */
export class PostgresSessionBindingStore extends SessionBindingStore {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {
    super();
  }

  async findBindings(id: string): Promise<SessionBindings | undefined> {
    const { rows } = await runNamed<Record<keyof SessionBindings, string | null>>(this.source, FIND_BINDINGS, [id]);
    return rows[0] && { network: rows[0].network ?? 'no_binding', geoip: rows[0].geoip ?? 'no_binding' };
  }

  async updateClient(id: string, { ip, user_agent }: { ip: string; user_agent: string }): Promise<void> {
    await runNamed(this.source, MOVE, [id, ip, truncatedUserAgent(user_agent)]);
  }

  async end(id: string, { user, violation: broken, change: move, request }: BrokenSession): Promise<void> {
    const context = {
      logout_reason: 'Session binding broken' as const,
      binding: broken,
      ip: { previous: move.from ?? null, new: move.to },
    };
    const { uuid, username } = user;
    const event = eventMessage(
      { action: 'logout', context },
      {
        ...request,
        ...{ user, actor: { type: 'user', uuid, username }, clientIp: move.to, flow: undefined, plan: undefined },
      },
    );
    const row = outboxRow(event, this.sealer);
    await runNamed(this.source, END, [id, user.uuid, ...outboxParameters(row)]);
  }
}

/** Largest length of a stored user agent, in characters. */
const MAX_USER_AGENT = 512;

/** Returns a user agent, cut to the length that is stored. */
export const truncatedUserAgent = (userAgent: string): string => userAgent.slice(0, MAX_USER_AGENT);

/**
 * Deletes every session of a user, with all plans of those sessions. Returns the ids of the sessions that were live.
 */
export async function deleteUserSessions(manager: EntityManager, uuid: string): Promise<string[]> {
  const [rows] = await manager.query<[{ id: string; live: boolean }[], number]>(
    'DELETE FROM flow.sessions WHERE user_id = $1 RETURNING id, expires_at > now() AS live',
    [uuid],
  );
  return rows.flatMap(({ id, live }) => (live ? [id] : []));
}
