import { randomInt } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { DirectoryToken, Identifiers, NewToken, TokenFields } from './directory-store.js';
import { TokenEntity } from './entities/token.entity.js';
import { UserEntity } from './entities/user.entity.js';
import { tokenHash } from './token-hash.js';
import { type Columns, whereIdentifiers } from './typeorm-identifiers.js';

const columns: Columns = {
  pk: ['t.id', 'uuid'],
  identifier: ['t.identifier', 'text'],
  intent: ['t.intent', 'text'],
  user: ['u.pk', 'integer'],
  description: ['t.description', 'text'],
  expiring: ['t.expiring', 'boolean'],
};
/** The fields by which tokens can be found. */
export const TOKEN_IDENTIFIERS: readonly string[] = Object.keys(columns);

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const KEY_LENGTH = 60;
const LIFETIME_MS = 86_400_000;

/** Reads and writes tokens for `TypeormDirectoryStore`. */
export class DirectoryTokenRepository {
  constructor(private readonly manager: EntityManager) {}

  async find(identifiers: Identifiers): Promise<DirectoryToken[]> {
    const { entities, raw } = await whereIdentifiers(this.query(), columns, identifiers)
      .orderBy('t.created_at')
      .getRawAndEntities<{ user_pk: number }>();
    return entities.map((row, i) => toDirectoryToken(row, raw[i]!.user_pk));
  }

  async create({ pk, key = randomTokenKey(), ...fields }: NewToken): Promise<DirectoryToken> {
    const expires = fields.expires ?? (fields.expiring === false ? null : new Date(Date.now() + LIFETIME_MS));
    const row = { ...(await this.columnsOf({ ...fields, key })), expires, ...(pk ? { id: pk } : {}) };
    const { identifiers } = await this.manager.insert(TokenEntity, row);
    return this.load(identifiers[0]!['id'] as string);
  }

  async update(pk: string, changes: Partial<TokenFields> & { readonly key?: string }): Promise<DirectoryToken> {
    const set = await this.columnsOf(changes);
    if (Object.keys(set).length > 0) await this.manager.update(TokenEntity, pk, set);
    return this.load(pk);
  }

  async remove(pk: string): Promise<void> {
    await this.manager.delete(TokenEntity, pk);
  }

  private async load(pk: string): Promise<DirectoryToken> {
    const [token] = await this.find({ pk });
    if (!token) throw new Error(`there is no token with the pk ${pk}`);
    return token;
  }

  private query() {
    return this.manager
      .createQueryBuilder(TokenEntity, 't')
      .innerJoin(UserEntity, 'u', 'u.id = t.user_id')
      .addSelect('u.pk', 'user_pk');
  }

  private async columnsOf<F extends Partial<TokenFields> & { readonly key?: string }>({ user, key, ...fields }: F) {
    const owner = user === undefined ? undefined : await this.manager.findOneByOrFail(UserEntity, { pk: user });
    return {
      ...fields,
      ...(owner ? { user_id: owner.id } : {}),
      ...(key === undefined ? {} : { key_hash: tokenHash(key) }),
    };
  }
}

/** Returns a new key of a token: 60 random letters and digits. */
export const randomTokenKey = (): string =>
  Array.from({ length: KEY_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');

function toDirectoryToken(
  { id, user_id: _owner, created_at: _createdAt, ...row }: TokenEntity,
  user: number,
): DirectoryToken {
  return { ...row, pk: id, user };
}
