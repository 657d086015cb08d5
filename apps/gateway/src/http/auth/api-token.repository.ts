import { tokenHash } from '@gatehouse/directory';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import type { CurrentUser } from '../../sessions/sessions.js';
import { CURRENT_USER_COLUMNS, type CurrentUserRow } from '../../users/current-user.columns.js';
import { Tokens } from './api-tokens.js';

/** $1 hash of the key, $2 whether attributes are wanted. */
const FIND_USER = {
  name: 'token_user',
  text: `SELECT ${CURRENT_USER_COLUMNS}
    FROM directory.api_tokens t JOIN directory.identities u ON u.id = t.user_id AND u.is_active
    WHERE t.key_hash = $1 AND t.expires > now()`,
};

/** API tokens in the directory's Postgres, as far as the gateway may see them. */
export class TypeormTokens extends Tokens {
  /** `attributes`: whether those of users are wanted. */
  constructor(
    private readonly source: DataSource,
    private readonly attributes = false,
  ) {
    super();
  }

  async findUser(key: string): Promise<CurrentUser | undefined> {
    const { rows } = await runNamed<CurrentUserRow>(this.source, FIND_USER, [tokenHash(key), this.attributes]);
    return rows[0] && { ...rows[0], kind: 'saved' };
  }
}
