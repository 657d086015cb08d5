import { type EventArguments, type LogEventName, logEvents } from './logging/log-events.js';
import { LOG_LEVELS, type LogLevel } from './logging/log-fields.js';
import { openLogOutput } from './logging/log-output.js';
import { type LogSettings, LogWriter } from './logging/log-writer.js';

/** One writer for the whole process, so that its lines stay in order. */
const standardOutput = new LogWriter(openLogOutput(1));

/** Sets the name of the process and the limits of its log lines. Called once at the start. */
export const configureLog = (settings: LogSettings): void => standardOutput.configure(settings);

/**
 * Writes events of the catalogue (logging/log-events.ts) to standard output, each as one line of JSON
 * (docs/reference/logs.md). Callers pass only the fields that the catalogue lists, and no secrets.
 */
export class Logger {
  readonly #lowest: number;

  /** `level` is the lowest level that is written, or `silent`. */
  constructor(
    level: string = process.env['LOG_LEVEL'] || 'info',
    private readonly writer: LogWriter = standardOutput,
  ) {
    this.#lowest = level === 'silent' ? Infinity : LOG_LEVELS.indexOf(level as LogLevel);
  }

  /** Logs an event with its fields. */
  event<E extends LogEventName>(name: E, ...[fields]: EventArguments<E>): void {
    if (this.writes(logEvents[name].level)) this.writer.write(name, fields);
  }

  /** Logs a text that NestJS wants to log. */
  framework(level: LogLevel, msg: string, fields: { readonly context?: string; readonly error?: unknown }): void {
    if (this.writes(level)) this.writer.writeFramework(level, msg, fields);
  }

  /** Returns whether lines of a level are written. */
  private writes(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) >= this.#lowest;
  }
}
