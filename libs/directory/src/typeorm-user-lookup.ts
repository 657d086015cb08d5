import type { SavedUser } from '@gatehouse/contracts';
import { type NamedStatement, runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { type IdentifierField, UserLookup } from './user-lookup.js';
import { toStoredUsername } from './username.js';

/** Precedence of a user who is found by a field. A lower number has precedence (docs/spec/directory.md#lookup). */
const EMAIL_RANK = 'directory.email_rank(is_active, email, verified_email)';
const NAME_RANK = 'CASE WHEN is_active THEN 1 ELSE 4 END';

const MATCHES: Readonly<Record<IdentifierField, { readonly sql: string; readonly rank: string }>> = {
  email: { sql: 'email', rank: EMAIL_RANK },
  username: { sql: 'username', rank: NAME_RANK },
  upn: { sql: "attributes->>'upn'", rank: NAME_RANK },
};

type Match = Parameters<UserLookup['find']>[1];
type Row = Omit<SavedUser, 'kind' | 'backend'>;
type RankedRow = Row & { readonly rank: number };

/** Finds users in `directory.users`, with one indexed statement for each call. */
export class TypeormUserLookup extends UserLookup {
  constructor(private readonly source: DataSource) {
    super();
  }

  async find(identifier: string, match: Match): Promise<SavedUser | undefined> {
    if (match.fields.length === 0) return undefined;
    const values = [identifier, toStoredUsername(identifier)];
    const { rows } = await runNamed<RankedRow>(this.source, statementOf(match), values);
    const [first, second] = rows;
    if (!first || first.rank === second?.rank) return undefined;
    const { rank: _, ...user } = first;
    return { kind: 'saved', ...user };
  }

  async get(uuid: string): Promise<SavedUser | undefined> {
    const [user] = (await runNamed<Row>(this.source, BY_UUID, [uuid])).rows;
    return user && { kind: 'saved', ...user };
  }
}

const COLUMNS = `id AS uuid, pk, username, name, email, is_active, epoch,
  CASE WHEN jsonb_typeof(attributes#>'{settings,locale}') = 'string'
       THEN attributes#>>'{settings,locale}' ELSE '' END AS locale`;

const BY_UUID: NamedStatement = { name: 'users.get', text: `SELECT ${COLUMNS} FROM directory.users WHERE id = $1` };

const statements = new Map<string, NamedStatement>();

/** Returns the statement of `lookupStatement`, built once for each combination of fields. */
function statementOf(match: Match): NamedStatement {
  const key = `${[...match.fields].sort().join('.')}.${match.caseInsensitive}`;
  const statement = statements.get(key) ?? lookupStatement(match);
  statements.set(key, statement);
  return statement;
}

/**
 * Returns the named statement for a combination of fields. $1 identifier as it was typed, $2 its stored form. A field
 * is searched for $2 only if no user has $1 in that field; users from before the normalisation of names may have $1.
 * The statement selects the two users with the highest precedence, which is enough to detect an ambiguous identifier.
 * It reads at most two rows for each field, so that many accounts with one address do not make the lookup slower.
 */
function lookupStatement({ fields, caseInsensitive }: Match): NamedStatement {
  const sortedFields = [...new Set(fields)].sort();
  const fold = (sql: string) => (caseInsensitive ? `lower(${sql})` : sql);
  const [typed, stored] = [fold('$1::text'), fold('$2::text')];
  const matches = sortedFields.flatMap((field) => {
    const { sql, rank } = MATCHES[field];
    const column = fold(`(${sql})`);
    const having = (value: string) => `FROM directory.users WHERE ${column} = ${value}`;
    return [
      `(SELECT id, ${rank} AS rank ${having(typed)} ORDER BY ${rank} LIMIT 2)`,
      `(SELECT id, ${rank} AS rank ${having(stored)} AND ${stored} <> ${typed} AND NOT EXISTS (SELECT ${having(typed)})
        ORDER BY ${rank} LIMIT 2)`,
    ];
  });
  return {
    name: `users.find_normalised.${sortedFields.join('.')}.${caseInsensitive ? 'folded' : 'exact'}`,
    text: `SELECT ${COLUMNS}, rank FROM directory.users JOIN (
        SELECT id, min(rank) AS rank FROM (${matches.join(' UNION ALL ')}) matches GROUP BY id ORDER BY 2 LIMIT 2
      ) best USING (id) ORDER BY rank`,
  };
}
