import { FlowObserver } from '@gatehouse/executor';
import { ExpiredRowCleaner, StatementLatency } from '@gatehouse/executor-postgres';
import { Logger, runPeriodically } from '@gatehouse/platform';
import {
  type BeforeApplicationShutdown,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type Provider,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AdaptersModule } from '../flows/adapters.module.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { lastSuccess, removedRows, reportBacklog, roundRows } from './cleanup.metrics.js';

const cleaner: Provider = {
  provide: ExpiredRowCleaner,
  inject: [DataSource, GATEWAY_CONFIG, StatementLatency, FlowObserver],
  useFactory: (...[source, config, latency, observer]: [DataSource, GatewayConfig, StatementLatency, FlowObserver]) => {
    const retention = {
      attemptsS: config.ATTEMPTS_KEEP_S,
      tokensS: config.EXPIRED_TOKENS_KEEP_S,
      invitationsS: config.EXPIRED_INVITATIONS_KEEP_S,
    };
    const settings = { batchRows: config.CLEANUP_BATCH_ROWS, timePercent: config.CLEANUP_TIME_PERCENT, retention };
    return new ExpiredRowCleaner(source, settings, {
      isBusy: () => latency.isSlow(config.CLEANUP_SLOW_FACTOR),
      onRemoved: (table, rows) => removedRows.inc({ table }, rows),
      onEnded: ({ outcome, plans, ...flow }) => observer.planEnded(flow, outcome, plans),
      onRound: (removed) => {
        for (const [table, rows] of removed) roundRows.set({ table }, rows);
        lastSuccess.setToCurrentTime();
      },
    });
  },
};

/** Deletes expired rows periodically, until the gateway stops. */
@Module({ imports: [AdaptersModule], providers: [cleaner] })
export class CleanupModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private stopSweeping: (() => void) | undefined;
  private stopReporting: (() => void) | undefined;

  constructor(
    @Inject(ExpiredRowCleaner) private readonly expiredRowCleaner: ExpiredRowCleaner,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap() {
    const sweep = () => this.expiredRowCleaner.sweep();
    this.stopSweeping = runPeriodically(this.config.CLEANUP_EVERY_S, sweep, this.logger);
    this.stopReporting = reportBacklog(this.expiredRowCleaner);
  }

  async beforeApplicationShutdown() {
    this.stopSweeping?.();
    this.stopReporting?.();
    await this.expiredRowCleaner.stop();
  }
}
