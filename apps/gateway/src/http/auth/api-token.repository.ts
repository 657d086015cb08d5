import { type TokenScope, tokenHash } from '@gatehouse/directory';
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

/** An API token, without its key. */
export interface ApiToken {
  readonly pk: string;
  /** Scope of the token; null for a token that may do everything that API tokens may do. */
  readonly scope: TokenScope | null;
}

/** An API token and its active user. */
export interface TokenOwner {
  readonly user: AuthenticatedUser;
  readonly token: ApiToken;
}

/** Selects an API token and its active user. $1 hash of the token's key, $2 whether to load the user's attributes. */
const FIND = {
  name: 'token_find',
  text: `SELECT t.id AS token_id, t.scope AS token_scope, ${AUTHENTICATED_USER_COLUMNS}
    FROM directory.scoped_api_tokens t JOIN directory.identities u ON u.id = t.user_id AND u.is_active
    WHERE t.key_hash = $1 AND t.expires > now()`,
};
type FoundRow = AuthenticatedUserRow & { readonly token_id: string; readonly token_scope: TokenScope | null };

/** API tokens, in the view `directory.scoped_api_tokens`. The gateway may not read the table of all tokens. */
@Injectable()
export class ApiTokenRepository {
  private readonly withAttributes: boolean;

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(GATEWAY_CONFIG) { AVATARS }: Pick<GatewayConfig, 'AVATARS'>,
  ) {
    this.withAttributes = readsAttributes(AVATARS);
  }

  /** Returns an unexpired API token and its active user, or undefined if there is none. */
  async find(key: string): Promise<TokenOwner | undefined> {
    const { rows } = await runNamed<FoundRow>(this.source, FIND, [tokenHash(key), this.withAttributes]);
    if (!rows[0]) return undefined;
    const { token_id: pk, token_scope: scope, ...user } = rows[0];
    return { user: { ...user, kind: 'saved' }, token: { pk, scope } };
  }

  /** Returns the active user of an unexpired API token without a scope, or undefined if there is none. */
  async findUser(key: string): Promise<AuthenticatedUser | undefined> {
    const found = await this.find(key);
    return found?.token.scope === null ? found.user : undefined;
  }
}
