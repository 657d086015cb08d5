import type { LoggerService } from '@nestjs/common';
import { type Logger as Pino, pino } from 'pino';

/**
 * Lines are buffered up to `minLength` bytes or for `periodicFlush` milliseconds, because a separate write of each line
 * would take a tenth of the time of a request. While the output blocks, lines beyond `maxLength` bytes are dropped.
 */
const BUFFERING = { minLength: 15 * 1024, periodicFlush: 200, maxLength: 8 * 1024 * 1024 };

/** One destination for the whole process, so that lines stay in order. It is flushed when the process ends. */
const output = pino.destination({ dest: 1, sync: false, ...BUFFERING });

/**
 * Writes one JSON line for each entry to standard output. Callers must not pass secrets (see `redact` in contracts).
 */
export class Logger implements LoggerService {
  private readonly pino: Pino;
  constructor(name: string, level = process.env['LOG_LEVEL'] || 'info') {
    this.pino = pino({ name, level }, output);
  }
  log(message: unknown, ...rest: unknown[]) {
    this.write('info', message, rest);
  }
  error(message: unknown, ...rest: unknown[]) {
    this.write('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]) {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]) {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]) {
    this.write('trace', message, rest);
  }

  /** Logs an unexpected error with its stack and further fields. */
  fault(message: string, error: unknown, fields: Readonly<Record<string, unknown>> = {}) {
    this.pino.error({ ...fields, err: error }, message);
  }
  /** Logs an event with its fields. */
  event(message: string, fields: Readonly<Record<string, unknown>>) {
    this.pino.info(fields, message);
  }

  private write(level: 'info' | 'error' | 'warn' | 'debug' | 'trace', message: unknown, rest: unknown[]) {
    if (message instanceof Error) this.pino[level]({ err: message, about: rest });
    else if (typeof message === 'object') this.pino[level](message);
    else this.pino[level]({ about: rest.length > 0 ? rest : undefined }, String(message));
  }
}
