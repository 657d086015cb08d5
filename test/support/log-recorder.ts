import { Logger } from '../../libs/platform/src/logger.js';
import { LogWriter } from '../../libs/platform/src/logging/log-writer.js';

/** A log in memory, whose lines a test reads. Writes the lines of all levels. */
export class LogRecorder {
  readonly #lines: string[] = [];
  readonly #waiting: { pattern: RegExp; resolve: () => void }[] = [];
  readonly writer = new LogWriter({ write: (line) => this.#add(line) });
  readonly logger = new Logger('trace', this.writer);

  /** `onLine` is called with each line before the logger returns. */
  constructor(private readonly onLine: (line: string) => void = () => undefined) {}

  /** The lines so far, as they are written. */
  get text(): string {
    return this.#lines.join('');
  }

  /** The parsed lines so far. */
  get lines(): Readonly<Record<string, unknown>>[] {
    return this.#lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The names of the events so far. */
  get events(): unknown[] {
    return this.lines.map(({ event }) => event);
  }

  /** Resolves when a new line matches. */
  says(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ pattern, resolve }));
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.onLine(line);
    for (const { pattern, resolve } of this.#waiting) if (pattern.test(line)) resolve();
  }
}
