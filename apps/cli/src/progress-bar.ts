const WIDTH = 30;
/** Milliseconds between two pictures of the bar. */
const EVERY_MS = 100;

/** How far something has come, drawn over itself on a terminal; nothing is drawn where nobody watches. */
export class ProgressBar {
  #drawnAt = 0;

  constructor(
    private readonly total: number,
    private readonly out: NodeJS.WriteStream = process.stderr,
  ) {}

  show(done: number, what: string): void {
    const now = performance.now();
    if (!this.out.isTTY || (now - this.#drawnAt < EVERY_MS && done < this.total)) return;
    this.#drawnAt = now;
    const part = this.total === 0 ? 1 : Math.min(1, done / this.total);
    const filled = Math.round(part * WIDTH);
    const bar = `${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}`;
    this.out.write(`\r[${bar}] ${String(Math.floor(part * 100)).padStart(3)} %  ${what}`);
  }

  end(): void {
    if (this.out.isTTY) this.out.write('\n');
  }
}
