import { type Logger, runPeriodically } from '@gatehouse/platform';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { RolloutGuard } from './rollout-guard.js';

/** Looks at the rollouts periodically, and ends the last look before the process stops. */
export class RolloutGuardRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stops: (() => void)[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly guard: Pick<RolloutGuard, 'run'>,
    /** `report` serves the metrics of rollouts, and returns how to stop that. */
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

  /** A look that takes longer than the interval is not joined by another. */
  private look(): Promise<void> {
    this.running ??= this.guard.run().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }
}
