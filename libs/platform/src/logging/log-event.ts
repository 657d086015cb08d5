import type { z } from 'zod';
import type { LogFieldName, LogLevel, logFields } from './log-fields.js';

/** An event that processes log. */
export interface LogEventDefinition {
  readonly level: LogLevel;
  /** The processes that log it. */
  readonly processes: readonly string[];
  /** The sentence in `msg`. */
  readonly msg: string;
  /** What it means to the operator, and what to do, in the reference. */
  readonly help: string;
  readonly fields: readonly LogFieldName[];
}

type FieldValue<K extends LogFieldName> = K extends 'error' ? unknown : z.output<(typeof logFields)[K]>;

/**
 * The fields that a caller must give for an event. `undefined` leaves a field out. `error` takes any caught value and is
 * written as `logError`.
 */
export type FieldsOf<D extends LogEventDefinition> = {
  readonly [K in D['fields'][number]]: FieldValue<K> | undefined;
};

export const EVERY_PROCESS = ['every process'] as const;
