import type { NamedStatement } from '@gatehouse/platform';
import type { CommitPart } from './commit-part.js';
import { COMMIT_PARTS, type CommitPartName } from './commit-parts.js';
import { LOCKED_SESSION } from './plan.statements.js';

/** How long an ended plan keeps its row, so that a repeated request gets the same result. */
const ENDED_PLAN_TTL = `interval '60 seconds'`;

const update = (session: string | undefined) => `
    UPDATE flow.plans SET ${session === undefined ? '' : `session_id = ${session}, `}revision = revision + 1, pending_user_id = :pending_user, body = :body,
      progress = CASE WHEN :is_over::boolean THEN 2 WHEN :has_answer::boolean THEN 1 ELSE progress END,
      expires_at = now() + CASE WHEN :is_over::boolean THEN ${ENDED_PLAN_TTL} ELSE :lifetime::interval END
    WHERE session_id = :session AND flow_id = :flow AND id = :plan AND revision = :revision`;

/** The parts that a save statement includes, each with the values of its named parameters. */
export type CommitParts = Partial<Record<CommitPartName, StatementValues>>;

/** A statement that saves a plan, and its values. */
export type SaveStatement = readonly [NamedStatement, unknown[]];

const statements = new Map<string, ReturnType<typeof namedParameters>>();

/**
 * Returns the statement that saves a plan together with these parts, and its values. Leaves out parts that are not
 * needed, because Postgres initialises every part of a statement at each call. The statement returns no row if another
 * request has saved the plan first, or if the condition of a part is false.
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
  const save = [update(every('session')[0]), ...conditions].join(' AND ');
  if (parts.length === 0) return `${save} RETURNING session_id`;
  const columns = ['session_id', ...every('returns')];
  const saved = `saved AS (${save} RETURNING session_id, begun_at, network)`;
  return `WITH ${[...locked, ...every('first'), saved, ...every('writes')].join(',\n')} SELECT ${columns.join(', ')} FROM saved`;
}

/**
 * Returns the table expression that locks sessions before the plan is locked, in the order of their ids, so that two
 * logins cannot deadlock.
 */
const lockSessions = (locks: readonly string[]) => `locked AS MATERIALIZED (
      SELECT ${LOCKED_SESSION} FROM flow.sessions s WHERE ${locks.join(' OR ')} ORDER BY s.id FOR UPDATE)`;

/** The values of named parameters, by name without the colon. */
export type StatementValues = Readonly<Record<string, unknown>>;

/**
 * Replaces each `:name` in `text` by `$1`, `$2`, …. Returns a function that turns values by name into the arguments of
 * `runNamed`.
 */
export function namedParameters(name: string, text: string): (values: StatementValues) => [NamedStatement, unknown[]] {
  const names: string[] = [];
  const position = (value: string) => (names.includes(value) ? names.indexOf(value) + 1 : names.push(value));
  const numbered = text.replace(/(?<!:):([a-z_]+)/g, (_, value: string) => `$${position(value)}`);
  const statement = { name, text: numbered, conditional: true };
  return (values) => [statement, names.map((value) => valueOf(values, value))];
}

function valueOf(values: StatementValues, name: string): unknown {
  if (Object.hasOwn(values, name)) return values[name];
  throw new Error(`The statement has the parameter :${name}, for which no value was given.`);
}
