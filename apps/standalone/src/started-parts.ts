/**
 * The running parts of `npm start` (servers and services), which are stopped in reverse order, even if the start is
 * interrupted.
 */
export class StartedParts {
  private readonly parts: { stop(): Promise<void> }[] = [];
  private starting: Promise<unknown> = Promise.resolve();
  private stopping: Promise<void> | undefined;

  get stopped(): boolean {
    return this.stopping !== undefined;
  }

  /** Adds a running part. */
  add(part: { stop(): Promise<void> }) {
    this.parts.push(part);
  }

  /**
   * Starts a part and adds it. A `stop` during the start waits until the part runs and then stops it, so that no
   * half-started part remains. Throws if `stop` was called before.
   */
  async start<T extends { stop(): Promise<void> }>(open: () => Promise<T>): Promise<T> {
    if (this.stopping) throw new Error('Gatehouse was stopped before this part was started.');
    const started = open().then((part) => {
      this.add(part);
      return part;
    });
    this.starting = started.catch(() => undefined);
    return started;
  }

  /** Stops all parts. A second call waits for the first. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private async stopAll(): Promise<void> {
    await this.starting;
    for (const part of this.parts.splice(0).reverse()) await part.stop();
  }
}
