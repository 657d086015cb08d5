import { tokenHash } from '@gatehouse/directory';
import { runNamed } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { readsAttributes } from '../../users/avatars/avatar-modes.js';
import {
  AUTHENTICATED_USER_COLUMNS,
  type AuthenticatedUser,
  type AuthenticatedUserRow,
} from '../../users/user.repository.js';

/** Selects the active user of an API token. $1 hash of the token's key, $2 whether to load the user's attributes. */
const FIND_USER = {
  name: 'token_user',
  text: `SELECT ${AUTHENTICATED_USER_COLUMNS}
    FROM directory.api_tokens t JOIN directory.identities u ON u.id = t.user_id AND u.is_active
    WHERE t.key_hash = $1 AND t.expires > now()`,
};

/** API tokens, in the view `directory.api_tokens`. The gateway may not read the table of all tokens. */
@Injectable()
export class ApiTokenRepository {
  private readonly withAttributes: boolean;

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(GATEWAY_CONFIG) { AVATARS }: Pick<GatewayConfig, 'AVATARS'>,
  ) {
    this.withAttributes = readsAttributes(AVATARS);
  }

  /** Returns the active user of an unexpired API token, or undefined if there is none. */
  async findUser(key: string): Promise<AuthenticatedUser | undefined> {
    const { rows } = await runNamed<AuthenticatedUserRow>(this.source, FIND_USER, [
      tokenHash(key),
      this.withAttributes,
    ]);
    return rows[0] && { ...rows[0], kind: 'saved' };
  }
}
