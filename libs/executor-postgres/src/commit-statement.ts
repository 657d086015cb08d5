import type { NamedStatement } from '@gatehouse/platform';
import { COMMIT_PARTS, type CommitPart, type CommitPartName } from './commit-parts.js';

/** How long an ended plan can still be learned of. */
const ENDED_PLAN_TTL = `interval '60 seconds'`;

const UPDATE = `
    UPDATE flow.plans SET revision = revision + 1, pending_user_id = :pending_user, body = :body,
      expires_at = now() + CASE WHEN :is_over::boolean THEN ${ENDED_PLAN_TTL} ELSE :lifetime::interval END
    WHERE session_id = :session AND flow_id = :flow AND id = :plan AND revision = :revision`;

/** What a save brings about, by part, with its values. */
export type CommitParts = Partial<Record<CommitPartName, StatementValues>>;

const statements = new Map<string, ReturnType<typeof namedParameters>>();

/**
 * Saves a plan and everything that happens if and only if it is saved, in one statement, which has no part that nothing is
 * to come of: Postgres would get it ready at each call. No row: another request was first.
 */
export function commitStatement(plan: StatementValues, consequences: CommitParts): [NamedStatement, unknown[]] {
  const names = (Object.keys(COMMIT_PARTS) as CommitPartName[]).filter((name) => consequences[name]);
  const name = ['save', ...names].join('.');
  const known = statements.get(name) ?? namedParameters(name, textOf(names.map((part) => COMMIT_PARTS[part])));
  statements.set(name, known);
  return known(Object.assign({}, plan, ...names.map((part) => consequences[part])));
}

function textOf(parts: readonly CommitPart[]): string {
  const every = (member: keyof CommitPart) => parts.flatMap((part) => part[member] ?? []);
  const locks = every('locks');
  const locked = locks.length > 0 ? [lockSessions(locks)] : [];
  const conditions = [...(locks.length > 0 ? ['(SELECT count(*) FROM locked) >= 0'] : []), ...every('condition')];
  const save = [UPDATE, ...conditions].join(' AND ');
  if (parts.length === 0) return `${save} RETURNING session_id`;
  const saved = `saved AS (${save} RETURNING session_id)`;
  return `WITH ${[...locked, ...every('first'), saved, ...every('then')].join(',\n')} SELECT session_id FROM saved`;
}

/** Sessions are locked before plans, and in order, so that logins of one user do not wait for each other in a circle. */
const lockSessions = (locks: readonly string[]) => `locked AS MATERIALIZED (
      SELECT s.id FROM flow.sessions s WHERE ${locks.join(' OR ')} ORDER BY s.id FOR UPDATE)`;

/** Values by the names that they have in a statement. */
export type StatementValues = Readonly<Record<string, unknown>>;

/** A statement whose values stand in it by name, as `:name`; with some values, what `runNamed` takes. */
export function namedParameters(name: string, text: string): (values: StatementValues) => [NamedStatement, unknown[]] {
  const names: string[] = [];
  const place = (value: string) => (names.includes(value) ? names.indexOf(value) + 1 : names.push(value));
  const statement = { name, text: text.replace(/(?<!:):([a-z_]+)/g, (_, value: string) => `$${place(value)}`) };
  return (values) => [statement, names.map((value) => valueOf(values, value))];
}

function valueOf(values: StatementValues, name: string): unknown {
  if (Object.hasOwn(values, name)) return values[name];
  throw new Error(`nobody says what :${name} is`);
}
