/** What a start has started until now, to be stopped in reverse order, at its end or in its middle. */
export class RunningParts {
  private readonly parts: { stop(): Promise<void> }[] = [];
  private beginning: Promise<unknown> = Promise.resolve();
  private isStopped = false;

  get stopped(): boolean {
    return this.isStopped;
  }

  /** Notes what runs by now. */
  add(part: { stop(): Promise<void> }) {
    this.parts.push(part);
  }

  /** Begins a part that must not be left behind half begun: it is waited for, and then stopped. Throws when all were stopped. */
  async begin<T extends { stop(): Promise<void> }>(begin: () => Promise<T>): Promise<T> {
    if (this.isStopped) throw new Error('stopped before it was started');
    const begun = begin().then((part) => {
      this.add(part);
      return part;
    });
    this.beginning = begun.catch(() => undefined);
    return begun;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.beginning;
    for (const part of this.parts.splice(0).reverse()) await part.stop();
  }
}
