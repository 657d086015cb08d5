import type { SavedUser } from '@gatehouse/contracts';
import { METHODS_AT } from '@gatehouse/executor-postgres';
import { type OutboxMessage, outboxColumns, outboxRow } from '@gatehouse/outbox';
import { type ProxyApplication, proxyApplication } from '@gatehouse/plan';
import { runNamed, Sealer } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { SessionLogin } from '../sessions/session-authentication.js';

/** A user of a site, with the names of the direct groups and the ids of all groups. */
export interface SiteUser extends SavedUser {
  readonly groups: readonly { readonly name: string }[];
  readonly group_ids: readonly string[];
}

/** The cookie of a site, with the session from which it was issued. */
export interface ForwardSession {
  readonly sessionId: string;
  /** SHA-256 of the current keys of the session from which the cookie was issued. */
  readonly sessionKeys: readonly Buffer[];
  /** The client address of the last request of that session. */
  readonly lastIp: string | undefined;
  /** Whether that session is bound to a network or a place. */
  readonly isBound: boolean;
  /** The login of that session. */
  readonly login: SessionLogin;
  readonly user: SiteUser;
}

/** A site, and the session to which a cookie of the site belongs. */
export interface FoundSite {
  readonly site: ProxyApplication;
  readonly session: ForwardSession | undefined;
}

/** A code that lets one browser get the cookie of a site. */
export interface ForwardCode {
  readonly hash: Buffer;
  readonly sessionId: string;
  readonly user: string;
  readonly application: string;
  readonly nonceHash: Buffer;
  readonly destinationHash: Buffer;
  readonly lifetimeS: number;
}

/** The data with which a browser redeems a code for the cookie of a site. */
export type RedeemedCode = Pick<ForwardCode, 'hash' | 'application' | 'nonceHash' | 'destinationHash' | 'lifetimeS'> & {
  /** SHA-256 of the new cookie. */
  readonly cookieHash: Buffer;
};

const isLive = `s.expires_at > now() AND u.is_active AND u.epoch = s.user_epoch`;
const bound = (binding: string) => `coalesce(s.data->'bindings'->>'${binding}', 'no_binding') <> 'no_binding'`;

/**
 * Selects a site, and the live session of a cookie of this site. $1 origin of the site, $2 SHA-256 of the cookie, or null
 * for none.
 */
const FIND = {
  name: 'forward_auth_find',
  text: `
    SELECT p.document, f.*
    FROM flow.proxy_applications p
    LEFT JOIN LATERAL (
      SELECT s.id AS session_id, s.data->>'last_ip' AS last_ip, ${bound('network')} OR ${bound('geoip')} AS is_bound,
        ARRAY(SELECT k.hash FROM flow.session_keys k WHERE k.session_id = s.id AND k.until IS NULL) AS session_keys,
        extract(epoch FROM (s.data->>'login_at')::timestamptz)::float8 AS login_at, coalesce(${METHODS_AT}, '{}') AS methods_at,
        u.id AS uuid, u.pk, u.username, u.name, u.email, u.is_active, u.epoch, u.locale, u.groups, u.group_ids
      FROM flow.forward_sessions c
      JOIN flow.sessions s ON s.id = c.session_id AND s.user_id = c.user_id
      JOIN directory.identities u ON u.id = s.user_id
      WHERE c.hash = $2 AND c.application = p.application AND c.expires_at > now() AND ${isLive}) f ON true
    WHERE p.origin = $1`,
};

const FIND_BY_SLUG = {
  name: 'forward_auth_site',
  text: 'SELECT document FROM flow.proxy_applications WHERE slug = $1',
};

/**
 * Returns SQL that inserts outbox rows from four arrays: ids, topics, sealed bodies and users. The arrays are
 * parameters, numbered from `first` on.
 */
const insertOutboxRows = (first: number) => `
  INSERT INTO flow.outbox (id, topic, body, user_id, due_at)
  SELECT o.id, o.topic, o.body, o.user_id, now()
  FROM unnest($${first}::uuid[], $${first + 1}::text[], $${first + 2}::bytea[], $${first + 3}::uuid[]) o(id, topic, body, user_id)`;

/**
 * Stores a code with the events of the authorization, if the session exists. $1 hash, $2 session, $3 user, $4 application, $5 hash of the nonce,
 * $6 hash of the destination, $7 lifetime in seconds, $8-$11 outbox rows.
 */
const CREATE_CODE = {
  name: 'forward_auth_code',
  text: `
    WITH live AS (SELECT id FROM flow.sessions WHERE id = $2 FOR KEY SHARE),
    events AS (${insertOutboxRows(8)} WHERE EXISTS (SELECT FROM live))
    INSERT INTO flow.forward_codes (hash, session_id, user_id, application, nonce_hash, destination_hash, expires_at)
    SELECT $1, id, $3, $4, $5, $6, now() + make_interval(secs => $7::int) FROM live
    RETURNING hash`,
};
const RECORD = { name: 'forward_auth_events', text: insertOutboxRows(1) };

/**
 * Redeems a code and stores the cookie. Only one of several concurrent requests with the same code succeeds. Deletes
 * older cookies of the session at the site, except cookies of the last minute, because another tab may just have
 * received one. Locks the session before the code, like a logout, so that the two cannot deadlock. $1 hash of the code,
 * $2 application, $3 hash of the nonce, $4 hash of the destination, $5 hash of the cookie, $6 lifetime in seconds.
 */
const REDEEM = {
  name: 'forward_auth_redeem',
  text: `
    WITH valid AS MATERIALIZED (
      SELECT c.hash, s.expires_at
      FROM flow.forward_codes c
      JOIN flow.sessions s ON s.id = c.session_id AND s.user_id = c.user_id
      JOIN directory.identities u ON u.id = s.user_id
      WHERE c.hash = $1 AND c.application = $2 AND c.nonce_hash = $3 AND c.destination_hash = $4 AND c.expires_at > now()
        AND ${isLive}
      FOR KEY SHARE OF s),
    used AS (
      DELETE FROM flow.forward_codes c USING valid WHERE c.hash = valid.hash
      RETURNING c.session_id, c.user_id, valid.expires_at),
    replaced AS (
      DELETE FROM flow.forward_sessions f USING used
      WHERE f.session_id = used.session_id AND f.application = $2 AND f.created_at < now() - interval '1 minute')
    INSERT INTO flow.forward_sessions (hash, session_id, user_id, application, expires_at)
    SELECT $5, session_id, user_id, $2, least(expires_at, now() + make_interval(secs => $6::int)) FROM used
    RETURNING hash`,
};

const REMOVE = {
  name: 'forward_auth_remove',
  text: 'DELETE FROM flow.forward_sessions WHERE hash = $1 AND application = $2',
};

type FoundRow = Omit<SiteUser, 'kind'> & {
  readonly document: unknown;
  readonly session_id: string | null;
  readonly session_keys: readonly Buffer[];
  readonly last_ip: string | null;
  readonly is_bound: boolean;
  readonly login_at: number;
  readonly methods_at: SessionLogin['methodsAt'];
};

/** Sites behind forward auth, and their codes and cookies. */
@Injectable()
export class ForwardAuthRepository {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(Sealer) private readonly sealer: Sealer,
  ) {}

  /**
   * Returns the site at an origin, and the session of a cookie of that site. The session is undefined if the cookie,
   * its session or its user is not valid any more. Returns undefined if there is no such site.
   */
  async find(origin: string, cookieHash: Buffer | undefined): Promise<FoundSite | undefined> {
    const [row] = (await runNamed<FoundRow>(this.source, FIND, [origin, cookieHash ?? null])).rows;
    const site = siteOf(row?.document);
    return site && row && { site, session: row.session_id === null ? undefined : sessionOf(row, row.session_id) };
  }

  async findBySlug(slug: string): Promise<ProxyApplication | undefined> {
    // Postgres refuses text with NUL, so no slug contains NUL.
    if (slug.includes('\0')) return undefined;
    return siteOf((await runNamed<{ document: unknown }>(this.source, FIND_BY_SLUG, [slug])).rows[0]?.document);
  }

  /** Stores a code and events, in one transaction. Returns false, and stores nothing, if the session has ended. */
  async createCode(code: ForwardCode, events: readonly OutboxMessage[]): Promise<boolean> {
    const { hash, sessionId, user, application, nonceHash, destinationHash, lifetimeS } = code;
    const values = [hash, sessionId, user, application, nonceHash, destinationHash, lifetimeS];
    return (await runNamed(this.source, CREATE_CODE, [...values, ...this.outboxValues(events)])).rows.length > 0;
  }

  async recordEvents(events: readonly OutboxMessage[]): Promise<void> {
    if (events.length > 0) await runNamed(this.source, RECORD, this.outboxValues(events));
  }

  /**
   * Redeems a code and stores the cookie, which lasts at most as long as the session. Returns false, and keeps the
   * code, if the code is unknown, used or expired, belongs to another site, browser or destination, or if its user or
   * session is not valid any more.
   */
  async redeem({
    hash,
    application,
    nonceHash,
    destinationHash,
    cookieHash,
    lifetimeS,
  }: RedeemedCode): Promise<boolean> {
    const values = [hash, application, nonceHash, destinationHash, cookieHash, lifetimeS];
    return (await runNamed(this.source, REDEEM, values)).rows.length > 0;
  }

  /** Ends the session of a cookie at a site. The login session from which the cookie was issued continues. */
  async remove(cookieHash: Buffer, application: string): Promise<void> {
    await runNamed(this.source, REMOVE, [cookieHash, application]);
  }

  private outboxValues(messages: readonly OutboxMessage[]): unknown[] {
    const { ids, topics, bodies, users } = outboxColumns(messages.map((message) => outboxRow(message, this.sealer)));
    return [ids, topics, bodies, users];
  }
}

/** Returns the site in a document; undefined if a later version of Gatehouse wrote it in another format. */
const siteOf = (document: unknown): ProxyApplication | undefined => proxyApplication.safeParse(document).data;

function sessionOf(row: FoundRow, sessionId: string): ForwardSession {
  const { uuid, pk, username, name, email, is_active, epoch, locale, groups, group_ids } = row;
  return {
    ...{ sessionId, sessionKeys: row.session_keys, lastIp: row.last_ip ?? undefined, isBound: row.is_bound },
    login: { at: row.login_at, methodsAt: row.methods_at },
    user: { kind: 'saved', uuid, pk, username, name, email, is_active, epoch, locale, groups, group_ids },
  };
}
