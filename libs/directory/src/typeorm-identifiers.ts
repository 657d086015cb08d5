import { findUnstorableCharacter } from '@gatehouse/contracts';
import type { SelectQueryBuilder } from 'typeorm';
import { type Identifiers, UnknownFieldError } from './directory-store.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Returns whether a value can be compared with a column of the type. A value of another type, or with characters that
 * Postgres cannot store, matches no row; if Postgres compared it, the transaction would fail.
 */
const isComparable = {
  text: (value: unknown) => typeof value === 'string',
  integer: (value: unknown) => Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31,
  boolean: (value: unknown) => typeof value === 'boolean',
  uuid: (value: unknown) => typeof value === 'string' && UUID.test(value),
  json: (value: unknown) => typeof value === 'object',
} as const;

/** SQL expressions and types of the fields that identify an object. Always contains `pk`. */
export type Columns = Readonly<Record<string, readonly [sql: string, type: keyof typeof isComparable]>>;

/**
 * Restricts `query` to rows that have the `pk` of `identifiers`, or all the other values of `identifiers`. A JSON
 * column has a value if it contains it. If `identifiers` is empty, no row matches.
 */
export function whereIdentifiers<T extends object>(
  query: SelectQueryBuilder<T>,
  columns: Columns,
  identifiers: Identifiers,
) {
  const { pk, ...rest } = identifiers;
  const conditions = Object.entries(rest).map(([field, value]) => condition(query, columns, { field, value }));
  const alternatives = [
    ...(conditions.length > 0 ? [`(${conditions.join(' AND ')})`] : []),
    ...(pk === undefined ? [] : [condition(query, columns, { field: 'pk', value: pk })]),
  ];
  return query.where(alternatives.length > 0 ? alternatives.join(' OR ') : 'FALSE');
}

function condition<T extends object>(
  query: SelectQueryBuilder<T>,
  columns: Columns,
  { field, value }: { field: string; value: unknown },
): string {
  const column = Object.hasOwn(columns, field) ? columns[field] : undefined;
  if (!column) throw new UnknownFieldError(field, Object.keys(columns));
  const [sql, type] = column;
  if (value === null) return `${sql} IS NULL`;
  if (!isComparable[type](value) || findUnstorableCharacter(value) !== undefined) return 'FALSE';
  query.setParameter(field, type === 'json' ? JSON.stringify(value) : value);
  return type === 'json' ? `${sql} @> CAST(:${field} AS jsonb)` : `${sql} = :${field}`;
}
