/** What a start has started until now, to be stopped in reverse order, at its end or in its middle. */
export class StartedParts {
  private readonly parts: { stop(): Promise<void> }[] = [];
  private beginning: Promise<unknown> = Promise.resolve();
  private stopping: Promise<void> | undefined;

  get stopped(): boolean {
    return this.stopping !== undefined;
  }

  /** Notes what runs by now. */
  add(part: { stop(): Promise<void> }) {
    this.parts.push(part);
  }

  /** Begins a part that must not be left behind half begun: it is waited for, and then stopped. Throws when all were stopped. */
  async begin<T extends { stop(): Promise<void> }>(begin: () => Promise<T>): Promise<T> {
    if (this.stopping) throw new Error('stopped before it was started');
    const begun = begin().then((part) => {
      this.add(part);
      return part;
    });
    this.beginning = begun.catch(() => undefined);
    return begun;
  }

  /** Resolves when nothing runs any more, whoever asked for it first. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private async stopAll(): Promise<void> {
    await this.beginning;
    for (const part of this.parts.splice(0).reverse()) await part.stop();
  }
}
