import { parseArgs } from 'node:util';
import { escapeUnprintable } from '@gatehouse/contracts';
import { CommandError } from '@gatehouse/local';
import { z } from 'zod';
import type { UserSubcommand } from './user-subcommand.js';

interface Row {
  readonly username: string;
  readonly email: string;
  readonly is_active: boolean;
  readonly type: string;
  readonly last_login: Date | null;
}

const OPTIONS = { most: { type: 'string', default: '100' } } as const;
const count = z.coerce.number().int().min(1).max(100_000);

/** Selects users. $1 part of a username or an email address, or empty for all users, $2 maximum number of users. */
const LIST = `
  SELECT username, email, is_active, type, last_login FROM directory.users
  WHERE $1 = '' OR strpos(lower(username), lower($1)) > 0 OR strpos(lower(email), lower($1)) > 0
  ORDER BY lower(username) LIMIT $2`;

/** Lists users, or only those whose username or email address contains PART. */
export const list: UserSubcommand = {
  usage: '[PART] [--most 100]',
  run: async (args, { source }) => {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const most = count.safeParse(values.most);
    if (!most.success) throw new CommandError('--most must be a number from 1 to 100000.');
    const rows = await source.query<Row[]>(LIST, [positionals[0] ?? '', most.data]);
    return rows.length === 0 ? 'no users' : rows.map(formatUser).join('\n');
  },
};

const formatUser = ({ username, email, is_active, type, last_login }: Row) =>
  [username, email || '-', type, ...(is_active ? [] : ['locked']), last_login?.toISOString() ?? 'never logged in']
    .map(escapeUnprintable)
    .join('  ');
