import type { LoggerService } from '@nestjs/common';
import { type Logger as Pino, pino } from 'pino';

/**
 * A write for each line would cost a tenth of a solve: lines are written together, by so many bytes or after so many
 * milliseconds. Beyond the last number, when nobody takes them, they are dropped rather than kept.
 */
const TOGETHER = { minLength: 15 * 1024, periodicFlush: 200, maxLength: 8 * 1024 * 1024 };

/** One for the whole process, so that lines stay in order; what is left is written when the process ends. */
const output = pino.destination({ dest: 1, sync: false, ...TOGETHER });

/** One JSON line an event, on standard output. What is secret is never given to it (see `redact` in contracts). */
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

  /** A fault with its stack, and the facts that help to find it. */
  fault(message: string, error: unknown, facts: Readonly<Record<string, unknown>> = {}) {
    this.pino.error({ ...facts, err: error }, message);
  }
  /** Something worth counting, with its facts. */
  event(message: string, facts: Readonly<Record<string, unknown>>) {
    this.pino.info(facts, message);
  }

  private write(level: 'info' | 'error' | 'warn' | 'debug' | 'trace', message: unknown, rest: unknown[]) {
    if (message instanceof Error) this.pino[level]({ err: message, about: rest });
    else if (typeof message === 'object') this.pino[level](message);
    else this.pino[level]({ about: rest.length > 0 ? rest : undefined }, String(message));
  }
}
