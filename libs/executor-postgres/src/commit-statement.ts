import type { NamedStatement } from '@gatehouse/platform';
import { COMMIT_PARTS, type CommitPart, type CommitPartName } from './commit-parts.js';

/** How long the ending of a plan is kept for repeated requests. */
const ENDED_PLAN_TTL = `interval '60 seconds'`;

const UPDATE = `
    UPDATE flow.plans SET revision = revision + 1, pending_user_id = :pending_user, body = :body,
      expires_at = now() + CASE WHEN :is_over::boolean THEN ${ENDED_PLAN_TTL} ELSE :lifetime::interval END
    WHERE session_id = :session AND flow_id = :flow AND id = :plan AND revision = :revision`;

/** The values of each part that a save includes. */
export type CommitParts = Partial<Record<CommitPartName, StatementValues>>;

const statements = new Map<string, ReturnType<typeof namedParameters>>();

/**
 * Returns the statement that saves a plan and everything that happens if and only if it is saved. It contains only the parts
 * that are needed, because Postgres initialises every part at each call. It returns no row if another request was first.
 */
export function commitStatement(plan: StatementValues, parts: CommitParts): [NamedStatement, unknown[]] {
  const names = (Object.keys(COMMIT_PARTS) as CommitPartName[]).filter((name) => parts[name]);
  const name = ['save', ...names].join('.');
  const statement = statements.get(name) ?? namedParameters(name, textOf(names.map((part) => COMMIT_PARTS[part])));
  statements.set(name, statement);
  return statement(Object.assign({}, plan, ...names.map((part) => parts[part])));
}

function textOf(parts: readonly CommitPart[]): string {
  const every = (member: keyof CommitPart) => parts.flatMap((part) => part[member] ?? []);
  const locks = every('locks');
  const locked = locks.length > 0 ? [lockSessions(locks)] : [];
  const conditions = [...(locks.length > 0 ? ['(SELECT count(*) FROM locked) >= 0'] : []), ...every('condition')];
  const save = [UPDATE, ...conditions].join(' AND ');
  if (parts.length === 0) return `${save} RETURNING session_id`;
  const saved = `saved AS (${save} RETURNING session_id)`;
  return `WITH ${[...locked, ...every('first'), saved, ...every('writes')].join(',\n')} SELECT session_id FROM saved`;
}

/** Locks sessions before plans, in the order of their id, so that two logins of one user cannot deadlock. */
const lockSessions = (locks: readonly string[]) => `locked AS MATERIALIZED (
      SELECT s.id FROM flow.sessions s WHERE ${locks.join(' OR ')} ORDER BY s.id FOR UPDATE)`;

/** Values by their names in a statement. */
export type StatementValues = Readonly<Record<string, unknown>>;

/** Turns `:name` in a statement into parameters. Returns a function from values by name to the arguments of `runNamed`. */
export function namedParameters(name: string, text: string): (values: StatementValues) => [NamedStatement, unknown[]] {
  const names: string[] = [];
  const position = (value: string) => (names.includes(value) ? names.indexOf(value) + 1 : names.push(value));
  const statement = { name, text: text.replace(/(?<!:):([a-z_]+)/g, (_, value: string) => `$${position(value)}`) };
  return (values) => [statement, names.map((value) => valueOf(values, value))];
}

function valueOf(values: StatementValues, name: string): unknown {
  if (Object.hasOwn(values, name)) return values[name];
  throw new Error(`The statement has no value for :${name}.`);
}
