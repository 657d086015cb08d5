import type { z } from 'zod';
import type { LogFieldName, LogLevel, logFields } from './log-fields.js';

/** Definition of an event in the catalogue of log events. */
export interface LogEventDefinition {
  readonly level: LogLevel;
  /** Names of the processes that log the event. */
  readonly processes: readonly string[];
  /** The sentence in the field `msg` of the line. */
  readonly msg: string;
  /** Text for docs/reference/logs.md: what the event means to an operator, and what to do. */
  readonly help: string;
  readonly fields: readonly LogFieldName[];
}

type FieldValue<K extends LogFieldName> = K extends 'error' ? unknown : z.output<(typeof logFields)[K]>;

/**
 * The fields that a caller must pass for an event. A field with the value `undefined` is not written. `error` may be
 * any caught value; it is written in the form of `logError`.
 */
export type FieldsOf<D extends LogEventDefinition> = {
  readonly [K in D['fields'][number]]: FieldValue<K> | undefined;
};

export const EVERY_PROCESS = ['every process'] as const;
