import type { SelectQueryBuilder } from 'typeorm';
import { type Identifiers, UnknownFieldError } from './directory-store.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Which values a column can be compared with; another one matches no row instead of failing the transaction. */
const isComparable = {
  text: (value: unknown) => typeof value === 'string',
  integer: (value: unknown) => Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31,
  boolean: (value: unknown) => typeof value === 'boolean',
  uuid: (value: unknown) => typeof value === 'string' && UUID.test(value),
  json: (value: unknown) => typeof value === 'object',
} as const;

/** The fields that objects are found by, each with its SQL expression; `pk` is always one of them. */
export type Columns = Readonly<Record<string, readonly [sql: string, type: keyof typeof isComparable]>>;

/** Narrows `query` to what `identifiers` name: all of them equal (an object: contained), or the pk alone. */
export function whereIdentifiers<T extends object>(
  query: SelectQueryBuilder<T>,
  columns: Columns,
  identifiers: Identifiers,
) {
  const { pk, ...rest } = identifiers;
  const all = Object.entries(rest).map(([field, value]) => condition(query, columns, { field, value }));
  const either = [
    ...(all.length > 0 ? [`(${all.join(' AND ')})`] : []),
    ...(pk === undefined ? [] : [condition(query, columns, { field: 'pk', value: pk })]),
  ];
  return query.where(either.length > 0 ? either.join(' OR ') : 'FALSE');
}

function condition<T extends object>(
  query: SelectQueryBuilder<T>,
  columns: Columns,
  { field, value }: { field: string; value: unknown },
): string {
  const column = Object.hasOwn(columns, field) ? columns[field] : undefined;
  if (!column) throw new UnknownFieldError(field);
  const [sql, type] = column;
  if (value === null) return `${sql} IS NULL`;
  if (!isComparable[type](value)) return 'FALSE';
  query.setParameter(field, type === 'json' ? JSON.stringify(value) : value);
  return type === 'json' ? `${sql} @> CAST(:${field} AS jsonb)` : `${sql} = :${field}`;
}
