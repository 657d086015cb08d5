import { randomInt } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { TokenRow } from './entities/token.entity.js';
import { UserRow } from './entities/user.entity.js';
import type { Identifiers, RegisteredToken, TokenDraft, TokenFields } from './register.js';
import { tokenHash } from './token-hash.js';
import { type Columns, matching } from './typeorm-identifiers.js';

const columns: Columns = {
  pk: ['t.id', 'uuid'],
  identifier: ['t.identifier', 'text'],
  intent: ['t.intent', 'text'],
  user: ['u.pk', 'integer'],
  description: ['t.description', 'text'],
  expiring: ['t.expiring', 'boolean'],
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const KEY_LENGTH = 60;
const LIFETIME_MS = 86_400_000;

/** Tokens as rows: the part of `TypeormRegister` that writes them. */
export class TokenRows {
  constructor(private readonly manager: EntityManager) {}

  async find(identifiers: Identifiers): Promise<RegisteredToken[]> {
    const { entities, raw } = await matching(this.query(), columns, identifiers)
      .orderBy('t.created_at')
      .getRawAndEntities<{ user_pk: number }>();
    return entities.map((row, i) => registered(row, raw[i]!.user_pk));
  }

  async create({ pk, key = randomKey(), ...fields }: TokenDraft): Promise<RegisteredToken> {
    const expires = fields.expires ?? (fields.expiring === false ? null : new Date(Date.now() + LIFETIME_MS));
    const row = { ...(await this.columnsOf({ ...fields, key })), expires, ...(pk ? { id: pk } : {}) };
    const { identifiers } = await this.manager.insert(TokenRow, row);
    return this.load(identifiers[0]!['id'] as string);
  }

  async update(pk: string, changes: Partial<TokenFields> & { readonly key?: string }): Promise<RegisteredToken> {
    const set = await this.columnsOf(changes);
    if (Object.keys(set).length > 0) await this.manager.update(TokenRow, pk, set);
    return this.load(pk);
  }

  async remove(pk: string): Promise<void> {
    await this.manager.delete(TokenRow, pk);
  }

  private async load(pk: string): Promise<RegisteredToken> {
    const [token] = await this.find({ pk });
    if (!token) throw new Error(`there is no token ${pk}`);
    return token;
  }

  private query() {
    return this.manager
      .createQueryBuilder(TokenRow, 't')
      .innerJoin(UserRow, 'u', 'u.id = t.user_id')
      .addSelect('u.pk', 'user_pk');
  }

  private async columnsOf<F extends Partial<TokenFields> & { readonly key?: string }>({ user, key, ...fields }: F) {
    const owner = user === undefined ? undefined : await this.manager.findOneByOrFail(UserRow, { pk: user });
    return {
      ...fields,
      ...(owner ? { user_id: owner.id } : {}),
      ...(key === undefined ? {} : { key_hash: tokenHash(key) }),
    };
  }
}

const randomKey = () => Array.from({ length: KEY_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');

function registered({ id, user_id: _owner, created_at: _since, ...row }: TokenRow, user: number): RegisteredToken {
  return { ...row, pk: id, user };
}
