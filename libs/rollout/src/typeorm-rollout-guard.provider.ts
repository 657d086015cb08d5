import { CommandEventRecorder } from '@gatehouse/outbox';
import { Logger, type Sealer } from '@gatehouse/platform';
import type { FactoryProvider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { z } from 'zod';
import type { rolloutGuardConfig } from './rollout.config.js';
import { reportRollouts } from './rollout.metrics.js';
import { RolloutCountsRepository } from './rollout-counts.repository.js';
import { RolloutGuard } from './rollout-guard.js';
import { RolloutGuardRepository } from './rollout-guard.repository.js';
import { RolloutGuardRunner } from './rollout-guard.runner.js';

/** Returns the Nest provider that runs a guard on the database of the DataSource, as long as the process runs. */
export function rolloutGuardProvider(
  config: z.output<typeof rolloutGuardConfig>,
  { sealer, releasesKept }: { readonly sealer: Sealer; readonly releasesKept: number },
): FactoryProvider<RolloutGuardRunner> {
  const events = new CommandEventRecorder('flow guard', sealer);
  const settings = { lookS: config.ROLLOUT_LOOK_S, settleS: config.ROLLOUT_SETTLE_S, graceS: config.ROLLOUT_GRACE_S };
  return {
    provide: RolloutGuardRunner,
    inject: [DataSource],
    useFactory: (source: DataSource) => {
      const logger = new Logger();
      const guard = new RolloutGuard({
        ...{ settings, counts: new RolloutCountsRepository(source) },
        rollouts: new RolloutGuardRepository(source, { sealer, events, actor: events.command, releasesKept }),
        report: ({ slug: flow }, { verdict }, decision) => {
          if (decision === 'waits') logger.event('rollout_looked_at', { flow, outcome: verdict });
          else logger.event('rollout_decided', { flow, outcome: decision });
        },
      });
      return new RolloutGuardRunner(guard, { lookS: settings.lookS, report: () => reportRollouts(source) }, logger);
    },
  };
}
