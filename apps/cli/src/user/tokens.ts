import { parseArgs } from 'node:util';
import { escapeUnprintable, type SavedUser } from '@gatehouse/contracts';
import {
  type DirectoryToken,
  randomTokenKey,
  TOKEN_SCOPES,
  type TokenScope,
  TypeormDirectoryStore,
  tokenConfig,
} from '@gatehouse/directory';
import { CommandError } from '@gatehouse/local';
import type { CommandEvent } from '@gatehouse/outbox';
import { readConfig } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { findUser } from './find-user.js';
import type { UserSubcommand } from './user-subcommand.js';

const OPTIONS = {
  scope: { type: 'string' },
  days: { type: 'string' },
  description: { type: 'string', default: '' },
} as const;
const IDENTIFIER = /^[-a-zA-Z0-9_]{1,255}$/;
const DAY_MS = 86_400_000;
/** SQLSTATE of a unique violation. */
const UNIQUE_VIOLATION = '23505';

interface CreateTokenArguments {
  readonly username: string | undefined;
  readonly identifier: string;
  readonly scope: TokenScope;
  readonly days: number;
  readonly description: string;
}

/** Creates an API token of a superuser that is valid for its scope only, and prints its key, which is not stored. */
export const createToken: UserSubcommand = {
  usage: 'USERNAME IDENTIFIER --scope flows --days DAYS [--description TEXT]',
  run: async (args, { source, env, events, process }) => {
    const { username, days, ...fields } = parseTokenArguments(args, readConfig(tokenConfig, env).SCOPED_TOKEN_DAYS_MAX);
    const user = await findUser(source, username);
    if (!user.is_active) throw new CommandError(`${user.username} is locked`);
    if (!(await isSuperuser(source, user)))
      throw new CommandError(`${user.username} is no superuser. Only superusers may read and change flows.`);
    const [key, expires] = [randomTokenKey(), new Date(Date.now() + days * DAY_MS)];
    await source
      .transaction(async (manager) => {
        const draft = { ...fields, key, expires, intent: 'api', user: user.pk } as const;
        const token = await new TypeormDirectoryStore(manager).createToken(draft);
        await events.record(manager, tokenEvent('model_created', token, user));
      })
      .catch((error: { readonly driverError?: { readonly code?: string } }) => {
        if (error.driverError?.code !== UNIQUE_VIOLATION) throw error;
        throw new CommandError(`there is a token ${fields.identifier} already`);
      });
    process.stderr.write(
      `created the token ${fields.identifier} of ${user.username} with the scope ${fields.scope}, valid until ${expires.toISOString()}. Its key is shown once:\n`,
    );
    return key;
  },
};

/** Lists the tokens of all users, or of one user. Shows no keys, because keys are not stored. */
export const listTokens: UserSubcommand = {
  usage: '[USERNAME]',
  run: async ([username], { source }) => {
    const user = username === undefined ? undefined : await findUser(source, username);
    const rows = await source.query<TokenRow[]>(LIST, [user?.uuid ?? null]);
    return rows.length === 0 ? 'no tokens' : rows.map(formatToken).join('\n');
  },
};

/** Deletes a token. It is invalid from the next request on. */
export const revokeToken: UserSubcommand = {
  usage: 'IDENTIFIER',
  run: async ([identifier], { source, events }) => {
    if (!identifier) throw new CommandError('The argument IDENTIFIER is missing.');
    return source.transaction(async (manager) => {
      const directory = new TypeormDirectoryStore(manager);
      const [token] = await directory.findTokens({ identifier });
      if (!token) throw new CommandError(`there is no token ${identifier}`);
      const [owner] = await directory.findUsers({ pk: token.user });
      await directory.removeToken(token.pk);
      if (!owner) throw new Error(`the token ${token.pk} has no user`);
      const { uuid, pk, username, name, email, is_active, epoch } = owner;
      const user: SavedUser = { kind: 'saved', uuid, pk, username, name, email, is_active, epoch, locale: '' };
      await events.record(manager, tokenEvent('model_deleted', token, user));
      return `revoked the token ${identifier} of ${username}`;
    });
  },
};

function parseTokenArguments(args: readonly string[], maxDays: number): CreateTokenArguments {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  const [username, identifier = '', ...others] = positionals;
  if (!IDENTIFIER.test(identifier) || others.length > 0)
    throw new CommandError('USERNAME and IDENTIFIER are expected. An IDENTIFIER has letters, digits, - and _ only.');
  const scope = z.enum(TOKEN_SCOPES).safeParse(values.scope);
  if (!scope.success)
    throw new CommandError('--scope must be flows. Blueprints create tokens without a scope (docs/spec/directory.md).');
  const days = z.coerce.number().int().min(1).max(maxDays).safeParse(values.days);
  if (!days.success) throw new CommandError(`--days must be a number from 1 to ${maxDays} (SCOPED_TOKEN_DAYS_MAX).`);
  return { username, identifier, scope: scope.data, days: days.data, description: values.description };
}

const tokenEvent = (
  action: 'model_created' | 'model_deleted',
  { pk, identifier, scope, expires }: DirectoryToken,
  user: SavedUser,
): CommandEvent => ({
  action,
  context: {
    model: { app: 'authentik_core', model_name: 'token', pk, name: identifier },
    ...(scope && { scope }),
    ...(expires && { expires: expires.toISOString() }),
  },
  user,
});

async function isSuperuser(source: DataSource, { uuid }: SavedUser): Promise<boolean> {
  const rows = await source.query<unknown[]>('SELECT FROM directory.identities WHERE id = $1 AND is_superuser', [uuid]);
  return rows.length > 0;
}

interface TokenRow {
  readonly identifier: string;
  readonly username: string;
  readonly intent: string;
  readonly scope: string | null;
  readonly expires: Date | null;
}

/** Selects tokens. $1 id of a user, or null for the tokens of all users. */
const LIST = `
  SELECT t.identifier, u.username, t.intent, t.scope, CASE WHEN t.expiring THEN t.expires END AS expires
  FROM directory.tokens t JOIN directory.users u ON u.id = t.user_id
  WHERE $1::uuid IS NULL OR t.user_id = $1 ORDER BY lower(u.username), t.identifier LIMIT 10000`;

function formatToken({ identifier, username, intent, scope, expires }: TokenRow): string {
  const end =
    expires === null ? 'never expires' : `${expires < new Date() ? 'expired' : 'until'} ${expires.toISOString()}`;
  return [identifier, username, intent, scope === null ? 'no scope' : `scope ${scope}`, end]
    .map(escapeUnprintable)
    .join('  ');
}
