import { type Logger, runPeriodically } from '@gatehouse/platform';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { RolloutGuard } from './rollout-guard.js';

/** Runs the guard periodically. When the process stops, waits for the run that is in progress. */
export class RolloutGuardRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stops: (() => void)[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly guard: Pick<RolloutGuard, 'run'>,
    /** `report` starts to serve the metrics of rollouts, and returns a function that stops serving them. */
    private readonly options: { readonly lookS: number; readonly report: () => () => void },
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap() {
    const { lookS, report } = this.options;
    this.stops.push(
      report(),
      runPeriodically(lookS, () => this.look(), this.logger),
    );
  }

  async beforeApplicationShutdown() {
    for (const stop of this.stops) stop();
    await this.running?.catch(() => undefined);
  }

  /** Runs the guard, unless the previous run is still in progress. */
  private look(): Promise<void> {
    this.running ??= this.guard.run().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }
}
