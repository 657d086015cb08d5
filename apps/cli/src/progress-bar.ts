import type { CommandProcess } from './command.js';

const WIDTH = 30;
/** Milliseconds between two redraws. */
const REDRAW_MS = 100;

/** A progress bar on a terminal. Writes nothing if the output is no terminal. */
export class ProgressBar {
  #drawnAt = 0;

  constructor(
    private readonly total: number,
    private readonly output: CommandProcess['stderr'],
  ) {}

  show(done: number, text: string): void {
    const now = performance.now();
    if (!this.output.isTTY || (now - this.#drawnAt < REDRAW_MS && done < this.total)) return;
    this.#drawnAt = now;
    const share = this.total === 0 ? 1 : Math.min(1, done / this.total);
    const filled = Math.round(share * WIDTH);
    const bar = `${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}`;
    this.output.write(`\r[${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${text}`);
  }

  end(): void {
    if (this.output.isTTY) this.output.write('\n');
  }
}
