import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { type Self, Sessions } from '../execution/sessions.js';
import { attributesOf, SEEN } from './plan-statements.js';

/** $1 SHA-256 of the session cookie, $2 whether attributes are wanted. */
const FIND_USER = {
  name: 'session_user',
  text: `
    SELECT u.id AS uuid, u.pk, u.username, u.name, u.email, u.is_active, u.epoch, u.locale, u.is_superuser, u.debug, u.type,
      ${attributesOf('u.id', '$2')}, u.settings, u.groups, s.id AS session_id, s.seen_at < now() - interval '5 minutes' AS unseen
    FROM flow.session_keys k
    JOIN flow.sessions s ON s.id = k.session_id AND s.expires_at > now()
    JOIN directory.identities u ON u.id = s.user_id AND u.is_active AND u.epoch = s.user_epoch
    WHERE k.hash = $1 AND k.until IS NULL`,
};

type FoundRow = Omit<Self, 'kind'> & { readonly session_id: string; readonly unseen: boolean };

/** Sessions in Postgres. */
export class TypeormSessions extends Sessions {
  /** `attributes`: whether those of users are wanted. */
  constructor(
    private readonly source: DataSource,
    private readonly attributes = false,
  ) {
    super();
  }

  async findUser(sessionKey: Buffer): Promise<Self | undefined> {
    const { rows } = await runNamed<FoundRow>(this.source, FIND_USER, [sessionKey, this.attributes]);
    if (!rows[0]) return undefined;
    const { session_id, unseen, ...user } = rows[0];
    if (unseen) await runNamed(this.source, SEEN, [session_id]);
    return { ...user, kind: 'saved' };
  }
}
