import { hostname } from 'node:os';
import { activeTrace } from '../tracing/active-span.js';
import { errorDetails } from './error-details.js';
import { LineRateLimiter } from './line-rate-limiter.js';
import { type LogEventName, logEvents } from './log-events.js';
import { freeTextFields, type LogLevel } from './log-fields.js';
import { LINE_BYTES, SECURITY_RATE } from './log-limits.js';
import type { LogOutput } from './log-output.js';
import { maskText } from './mask-text.js';
import { shortenLine } from './shorten-line.js';

/** Settings for all lines of a process. */
export interface LogSettings {
  /** Name of the process. */
  readonly service: string;
  readonly INSTANCE_NAME?: string | undefined;
  /** Largest size of a line in bytes, including its line break. */
  readonly LOG_LINE_BYTES: number;
  /** Largest number of lines per second, for each event with the level `security`. */
  readonly LOG_SECURITY_RATE: number;
}

const DEFAULT_SETTINGS: LogSettings = {
  service: 'gatehouse',
  LOG_LINE_BYTES: LINE_BYTES,
  LOG_SECURITY_RATE: SECURITY_RATE,
};

/** Largest number of bytes in UTF-8 for one UTF-16 code unit. */
const BYTES_PER_CODE_UNIT = 3;

type Fields = Readonly<Record<string, unknown>>;

/** The parts that are the same in all lines of an event. */
interface LineTemplate {
  /** The JSON text between the time and the event's own fields. */
  readonly head: string;
  /** Whether the event has fields that must be masked. */
  readonly isUnsafe: boolean;
}

/** Writes events as lines of JSON, each with the fields of `logLine`. */
export class LogWriter {
  readonly #templates = new Map<LogEventName, LineTemplate>();
  #settings = DEFAULT_SETTINGS;
  #limiter = this.#newLimiter();
  #lastMs = 0;
  #lastTime = '';

  constructor(private readonly output: LogOutput) {}

  /** Sets the name of the process and the limits of its lines. */
  configure(settings: LogSettings): void {
    this.#settings = settings;
    this.#templates.clear();
    this.#limiter = this.#newLimiter();
  }

  /** Writes the line of an event. Leaves it out if the rate limit for lines of the level `security` is reached. */
  write(name: LogEventName, fields: Fields = {}): void {
    if (logEvents[name].level === 'security' && !this.#limiter.admits(name)) return;
    this.#writeLine(this.#templateOf(name), fields);
  }

  /** Writes a line for a text that NestJS logs. */
  writeFramework(level: LogLevel, msg: string, fields: Fields): void {
    this.#writeLine({ head: this.#newHead('framework', level, maskText(msg)), isUnsafe: true }, fields);
  }

  #writeLine({ head, isUnsafe }: LineTemplate, fields: Fields): void {
    const body = JSON.stringify(isUnsafe ? withoutSecrets(fields) : fields);
    const fieldText = body.length > 2 ? `,${body.slice(1, -1)}` : '';
    const line = `{"time":"${this.#time()}",${head}${fieldText}${traceText()}}`;
    this.output.write(`${this.#shortened(line)}\n`);
  }

  #shortened(line: string): string {
    const maxBytes = this.#settings.LOG_LINE_BYTES - 1;
    const isShort = line.length * BYTES_PER_CODE_UNIT <= maxBytes || Buffer.byteLength(line) <= maxBytes;
    return isShort ? line : shortenLine(line, maxBytes);
  }

  #templateOf(name: LogEventName): LineTemplate {
    const known = this.#templates.get(name);
    if (known) return known;
    const { level, msg } = logEvents[name];
    const template = { head: this.#newHead(name, level, msg), isUnsafe: hasUnsafeFields(name) };
    this.#templates.set(name, template);
    return template;
  }

  #newHead(event: LogEventName, level: LogLevel, msg: string): string {
    const { service, INSTANCE_NAME: instance = hostname() } = this.#settings;
    return JSON.stringify({ level, service, instance, event, msg }).slice(1, -1);
  }

  #time(): string {
    const now = Date.now();
    if (now !== this.#lastMs) {
      this.#lastMs = now;
      this.#lastTime = new Date(now).toISOString();
    }
    return this.#lastTime;
  }

  #newLimiter(): LineRateLimiter {
    return new LineRateLimiter(this.#settings.LOG_SECURITY_RATE, (event, lines) =>
      this.#writeLine(this.#templateOf('security_lines_suppressed'), { suppressed_event: event, lines }),
    );
  }
}

/** Returns the ids of the active span as JSON members, with a leading comma. Without a span, returns an empty text. */
function traceText(): string {
  const trace = activeTrace();
  return trace ? `,"trace_id":"${trace.traceId}","span_id":"${trace.spanId}"` : '';
}

/** Whether an event has fields that must be masked. */
function hasUnsafeFields(name: LogEventName): boolean {
  const fields: readonly string[] = logEvents[name].fields;
  return fields.some((field) => field === 'error' || freeTextFields.has(field));
}

const withoutSecrets = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, withoutSecret(name, value)]));

function withoutSecret(name: string, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (name === 'error') return errorDetails(value);
  if (!freeTextFields.has(name)) return value;
  return Array.isArray(value) ? value.map((text) => maskText(String(text))) : maskText(String(value));
}
