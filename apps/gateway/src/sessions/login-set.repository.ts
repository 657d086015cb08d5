import { switchTargets } from '@gatehouse/executor-postgres';
import { runNamed } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { readsAttributes } from '../users/avatars/avatar-modes.js';
import { AUTHENTICATED_USER_COLUMNS, type AuthenticatedUserRow } from '../users/user.repository.js';
import type { ActiveSession } from './session.repository.js';

/**
 * Selects the other sessions of a browser, with their users. $1 id of the session of the request, $2 whether to load the
 * attributes of users, $3 hash of the secret in the switching cookie.
 */
const LIST = {
  name: 'login_set_list',
  text: `
    SELECT ${AUTHENTICATED_USER_COLUMNS}, t.id AS session_id, t.data->>'last_ip' AS last_ip
    ${switchTargets('$1', '$3')} ORDER BY u.username, t.id`,
};

/** Selects a live session of a set. $1 hash of the secret of the set. */
const ANY = {
  name: 'login_set_any',
  text: `
    SELECT FROM flow.sessions t JOIN directory.identities u ON u.id = t.user_id AND u.is_active AND u.epoch = t.user_epoch
    WHERE t.login_set = $1 AND t.expires_at > now() LIMIT 1`,
};

/**
 * Selects whether a session is bound to a device. Such a session takes no part in user switching. $1 id of the session.
 */
const IS_BOUND = {
  name: 'session_is_bound',
  text: 'SELECT FROM flow.sessions WHERE id = $1 AND device_key IS NOT NULL',
};

type OtherRow = AuthenticatedUserRow & { readonly session_id: string; readonly last_ip: string | null };

/**
 * The logins of one browser (docs/spec/sessions.md#user-switching). `set` is the hash of the secret in the switching
 * cookie of the browser.
 */
@Injectable()
export class LoginSetRepository {
  private readonly withAttributes: boolean;

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(GATEWAY_CONFIG) { AVATARS }: Pick<GatewayConfig, 'AVATARS'>,
  ) {
    this.withAttributes = readsAttributes(AVATARS);
  }

  /**
   * Returns the live sessions of other users in the browser of a session. Empty if the user of the session is not in
   * the set.
   */
  async listOthers(sessionId: string, set: Buffer): Promise<ActiveSession[]> {
    const { rows } = await runNamed<OtherRow>(this.source, LIST, [sessionId, this.withAttributes, set]);
    return rows.map(({ session_id: id, last_ip: lastIp, ...user }) => ({
      ...{ id, lastIp: lastIp ?? undefined },
      user: { ...user, kind: 'saved' },
    }));
  }

  /** Returns whether the set has no live session any more. */
  async isEmpty(set: Buffer): Promise<boolean> {
    return (await runNamed(this.source, ANY, [set])).rows.length === 0;
  }

  /** Returns whether a session is bound to a device. */
  async isBound(sessionId: string): Promise<boolean> {
    return (await runNamed(this.source, IS_BOUND, [sessionId])).rows.length > 0;
  }
}
