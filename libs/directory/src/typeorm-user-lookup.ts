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

/** Looks users up in `directory.users`, one indexed statement a question. */
export class TypeormUserLookup extends UserLookup {
  constructor(private readonly source: DataSource) {
    super();
  }

  async find(identifier: string, match: Match): Promise<SavedUser | undefined> {
    if (match.fields.length === 0) return undefined;
    const { rows } = await runNamed<Row>(this.source, statementOf(match), [identifier]);
    const [found, another] = rows;
    return found && !another ? { kind: 'saved', ...found } : undefined;
  }

  async get(uuid: string): Promise<SavedUser | undefined> {
    const [found] = (await runNamed<Row>(this.source, BY_UUID, [uuid])).rows;
    return found && { kind: 'saved', ...found };
  }
}

const COLUMNS = `id AS uuid, pk, username, name, email, is_active, epoch,
  CASE WHEN jsonb_typeof(attributes#>'{settings,locale}') = 'string'
       THEN attributes#>>'{settings,locale}' ELSE '' END AS locale`;

const BY_UUID: NamedStatement = { name: 'users.get', text: `SELECT ${COLUMNS} FROM directory.users WHERE id = $1` };

/** One statement, and so one name, for each combination of fields; two rows are enough to see an ambiguity. */
function statementOf({ fields, caseInsensitive }: Match): NamedStatement {
  const wanted = [...new Set(fields)].sort();
  const fold = (sql: string) => (caseInsensitive ? `lower(${sql})` : sql);
  const conditions = wanted.map((field) => `${fold(`(${expressions[field]})`)} = ${fold('$1::text')}`);
  return {
    name: `users.find.${wanted.join('.')}.${caseInsensitive ? 'folded' : 'exact'}`,
    text: `SELECT ${COLUMNS} FROM directory.users WHERE ${conditions.join(' OR ')} LIMIT 2`,
  };
}
