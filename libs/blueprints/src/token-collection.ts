import { timingSafeEqual } from 'node:crypto';
import { boolean, char, type Reference } from '@gatehouse/contracts';
import { type DirectoryStore, type DirectoryToken, tokenHash } from '@gatehouse/directory';
import { z } from 'zod';
import { type Collection, type FoundObject, type SaveResult, ValidationError, validate } from './collection.js';
import { changedFields, translateLookupError, translateWriteError } from './directory-errors.js';
import type { JsonMap } from './json.js';
import { noSuchObject } from './related-object-error.js';

const INTENTS = ['api', 'app_password'] as const;
/**
 * The error for an entry with a scope. Blueprints are kept in files, and the keys of scoped tokens must not be in
 * files.
 */
const SCOPED = 'Only `npm run user -- create-token` creates a token with a scope, and no blueprint changes one.';
const IDENTIFIER = /^[-a-zA-Z0-9_]{1,255}$/;

/** The fields of a token. */
export const tokenSchema = z.object({
  identifier: char()
    .refine((identifier) => IDENTIFIER.test(identifier), { error: 'Enter a valid “slug”.' })
    .describe('Unique name of the token.'),
  key: char({ trim: false }).optional().describe('The secret. Absent: random.'),
  intent: z
    .enum(INTENTS, {
      error: ({ input }) =>
        input === undefined
          ? 'The intent is missing. Use api or app_password.'
          : `${String(input)} is not an intent. Use api or app_password.`,
    })
    .describe('Whether the token calls the API or is a password for applications.'),
  user: z
    .int({ error: 'The user is missing. Set it to the number of a user.' })
    .describe('Number of the user who owns the token.'),
  description: char({ allowBlank: true }).default('').describe('What the token is for.'),
  expiring: boolean().default(true).describe('Whether the token ends.'),
  expires: z.iso.datetime({ offset: true, local: true }).nullish().describe('Time at which an app password ends.'),
});
type TokenValues = z.output<typeof tokenSchema>;

interface FoundToken extends FoundObject {
  readonly pk: string;
  readonly token: DirectoryToken;
}

/** The tokens of the directory (docs/spec/directory.md#tokens). */
export class TokenCollection implements Collection<FoundToken> {
  readonly fields: ReadonlySet<string> = new Set([...Object.keys(tokenSchema.shape), 'scope']);
  readonly references: ReadonlyMap<string, Reference> = new Map([['user', { to: 'user' }]]);
  readonly secrets: ReadonlySet<string> = new Set(['key']);

  constructor(private readonly directory: DirectoryStore) {}

  async find(identifiers: JsonMap): Promise<FoundToken | undefined> {
    const [token] = await translateLookupError(this.directory.findTokens(identifiers));
    return token && { pk: token.pk, name: token.identifier, token };
  }

  async check({ pk, ...entryValues }: JsonMap, existing: FoundToken | undefined): Promise<() => Promise<SaveResult>> {
    if (pk !== undefined && !z.uuid().safeParse(pk).success) throw ValidationError.field('pk', 'Must be a valid UUID.');
    // Without these checks, an entry could give a scoped token another key, or its author could expect a scope that
    // has no effect.
    if (existing && existing.token.scope !== null) throw ValidationError.field('non_field_errors', SCOPED);
    if (entryValues['scope'] !== undefined) throw ValidationError.field('scope', SCOPED);
    const { identifier, intent, user, description, expiring } = existing?.token ?? {};
    const before = existing ? { identifier, intent, user, description, expiring } : { user: null, intent: undefined };
    const values = validate(tokenSchema, { ...before, ...entryValues }, this.secrets);
    if (existing && values.user !== user)
      throw ValidationError.field('user', 'The user of a token cannot be changed. Create another token.');
    const [owner] = await this.directory.findUsers({ pk: values.user });
    if (!owner) throw noSuchObject('user', values.user, { to: 'user' });
    return () =>
      translateWriteError(
        existing ? this.#update(existing.token, values) : this.#create(values, pk as string | undefined),
      );
  }

  async remove({ pk }: FoundToken): Promise<void> {
    await this.directory.removeToken(pk);
  }

  async #create({ key, expires, ...plain }: TokenValues, id: string | undefined): Promise<SaveResult> {
    const draft = { ...plain, expires: expiryOf(plain.intent, expires) ?? null };
    const { pk, identifier } = await this.directory.createToken({
      ...draft,
      ...(key === undefined ? {} : { key }),
      ...(id ? { pk: id } : {}),
    });
    return { pk, name: identifier, outcome: 'created' };
  }

  async #update(before: DirectoryToken, { key, expires, ...plain }: TokenValues): Promise<SaveResult> {
    const entryExpiry = expiryOf(plain.intent, expires);
    const changes =
      changedFields({ ...plain, expires: entryExpiry === undefined ? before.expires : entryExpiry }, before) ?? {};
    const isRekeyed = key !== undefined && !timingSafeEqual(before.key_hash, tokenHash(key));
    const isChanged = isRekeyed || Object.keys(changes).length > 0;
    if (isChanged) await this.directory.updateToken(before.pk, { ...changes, ...(isRekeyed ? { key } : {}) });
    return { pk: before.pk, name: plain.identifier, outcome: isChanged ? 'changed' : 'unchanged' };
  }
}

/**
 * Returns the expiry that an entry sets, or undefined when it sets none. Ignores the expiry of an API token, because
 * the directory sets the lifetime of API tokens.
 */
function expiryOf(intent: TokenValues['intent'], expires: string | null | undefined): Date | null | undefined {
  if (intent === 'api' || expires === undefined) return undefined;
  return expires === null ? null : new Date(expires);
}
