import { inspect } from 'node:util';
import { maskByKey } from '@gatehouse/contracts';
import type { LoggerService } from '@nestjs/common';
import type { Logger } from '../logger.js';
import type { LogLevel } from './log-fields.js';

/**
 * Classes of NestJS that log all modules and routes at the start, about 200 lines in the gateway. They are logged as
 * `debug`.
 */
const LISTS: ReadonlySet<unknown> = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

/** Passes log lines of NestJS on to the log, as events `framework`. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Pick<Logger, 'framework'>) {}

  log(message: unknown, ...rest: unknown[]) {
    this.write(LISTS.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
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
  fatal(message: unknown, ...rest: unknown[]) {
    this.write('fatal', message, rest);
  }

  /**
   * NestJS passes the name of the logging class as the last argument. Arguments before it, such as a stack, belong to
   * the message.
   */
  private write(level: LogLevel, message: unknown, rest: readonly unknown[]) {
    const last = rest.at(-1);
    const context = typeof last === 'string' ? { context: last } : {};
    const further = 'context' in context ? rest.slice(0, -1) : rest;
    const error = [message, ...further].find((value) => value instanceof Error);
    const texts = [message, ...further].filter((value) => value !== undefined).map(textOf);
    this.logger.framework(level, texts.join(' '), { ...context, ...(error ? { error } : {}) });
  }
}

function textOf(value: unknown): string {
  if (value instanceof Error) return value.message;
  return typeof value === 'string' ? value : inspect(maskByKey(value), { depth: 2, breakLength: Infinity });
}
