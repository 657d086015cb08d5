import { SpanKind } from '@opentelemetry/api';
import {
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_SYSTEM_NAME,
  DB_SYSTEM_NAME_VALUE_POSTGRESQL,
} from '@opentelemetry/semantic-conventions';
import type { SpanStart } from './active-span.js';

/** Returns the span of a statement. It contains neither the SQL text, which may be long, nor the values. */
export const statementSpan = (summary: string): SpanStart => ({
  name: summary,
  kind: SpanKind.CLIENT,
  attributes: { [ATTR_DB_SYSTEM_NAME]: DB_SYSTEM_NAME_VALUE_POSTGRESQL, [ATTR_DB_QUERY_SUMMARY]: summary },
});

const OPERATION = /^\s*(START TRANSACTION|[A-Z]+)/i;
const TABLE = /\b(?:FROM|INTO|UPDATE|JOIN)\s+((?:"?[a-z_]\w*"?\.)?"?[a-z_]\w*"?)/i;

/** Returns the operation and first table of an unnamed statement, such as `SELECT directory.users`. */
export function summaryOf(text: string): string {
  const operation = OPERATION.exec(text)?.[1]?.toUpperCase() ?? 'QUERY';
  const table = TABLE.exec(text)?.[1]?.replaceAll('"', '');
  return table === undefined ? operation : `${operation} ${table}`;
}
