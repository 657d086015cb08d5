import type { SavedUser } from '@gatehouse/contracts';
import { type NamedStatement, runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { type IdentifierField, UserLookup } from './user-lookup.js';

const expressions: Readonly<Record<IdentifierField, string>> = {
  email: 'email',
  username: 'username',
  upn: "attributes->>'upn'",
};

type Match = Parameters<UserLookup['find']>[1];
type Row = Omit<SavedUser, 'kind' | 'backend'>;

/** Finds users in `directory.users`, with one indexed statement for each call. */
export class TypeormUserLookup extends UserLookup {
  constructor(private readonly source: DataSource) {
    super();
  }

  async find(identifier: string, match: Match): Promise<SavedUser | undefined> {
    if (match.fields.length === 0) return undefined;
    const { rows } = await runNamed<Row>(this.source, statementOf(match), [identifier]);
    const [user, second] = rows;
    return user && !second ? { kind: 'saved', ...user } : undefined;
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

/**
 * Returns the named statement for a combination of fields. It returns at most two rows, which is enough to detect an
 * ambiguous identifier.
 */
function statementOf({ fields, caseInsensitive }: Match): NamedStatement {
  const sortedFields = [...new Set(fields)].sort();
  const fold = (sql: string) => (caseInsensitive ? `lower(${sql})` : sql);
  const conditions = sortedFields.map((field) => `${fold(`(${expressions[field]})`)} = ${fold('$1::text')}`);
  return {
    name: `users.find.${sortedFields.join('.')}.${caseInsensitive ? 'folded' : 'exact'}`,
    text: `SELECT ${COLUMNS} FROM directory.users WHERE ${conditions.join(' OR ')} LIMIT 2`,
  };
}
