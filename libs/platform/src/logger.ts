import type { LoggerService } from '@nestjs/common';
import { type Logger as Pino, pino } from 'pino';

/** One JSON line an event, on standard output. What is secret is never given to it (see `redact` in contracts). */
export class Logger implements LoggerService {
  private readonly pino: Pino;
  constructor(name: string, level = process.env['LOG_LEVEL'] || 'info') {
    this.pino = pino({ name, level });
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
