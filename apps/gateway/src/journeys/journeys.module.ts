import {
  CompletionRepository,
  FunnelRepository,
  JourneyRecorder,
  type JourneySettings,
} from '@gatehouse/executor-postgres';
import { Logger, runPeriodically, Sealer } from '@gatehouse/platform';
import {
  type BeforeApplicationShutdown,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type Provider,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AdaptersModule, JOURNEY_SETTINGS } from '../flows/adapters.module.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { FlowFunnelController } from './flow-funnel.controller.js';

const recorder: Provider = {
  provide: JourneyRecorder,
  inject: [DataSource, Sealer, GATEWAY_CONFIG, JOURNEY_SETTINGS, Logger],
  useFactory: (
    ...[source, sealer, config, journeys, logger]: [DataSource, Sealer, GatewayConfig, JourneySettings, Logger]
  ) =>
    new JourneyRecorder(source, sealer, {
      journeys,
      keptS: config.JOURNEYS_KEPT_S,
      maxMb: config.JOURNEYS_MAX_MB,
      networksMax: config.JOURNEY_NETWORKS_MAX,
      batchRows: config.CLEANUP_BATCH_ROWS,
      onFull: (isFull, megabytes) =>
        isFull && logger.event('journeys_full', { reason: sizeText(megabytes, config.JOURNEYS_MAX_MB) }),
    }),
};

const funnels: Provider = {
  provide: FunnelRepository,
  inject: [DataSource, GATEWAY_CONFIG],
  useFactory: (source: DataSource, config: GatewayConfig) => new FunnelRepository(source, config.FUNNEL_TIMEOUT_MS),
};

const completions: Provider = {
  provide: CompletionRepository,
  inject: [DataSource, GATEWAY_CONFIG],
  useFactory: (source: DataSource, config: GatewayConfig) => new CompletionRepository(source, config.FUNNEL_TIMEOUT_MS),
};

const sizeText = (megabytes: number, limit: number) =>
  `The records have ${Math.round(megabytes)} MiB, and JOURNEYS_MAX_MB is ${limit}.`;

/** Records abandoned and expired plans periodically, until the gateway stops, and makes funnels of the records. */
@Module({
  imports: [AdaptersModule, AuthModule],
  controllers: [FlowFunnelController],
  providers: [recorder, funnels, completions],
  exports: [FunnelRepository, CompletionRepository],
})
export class JourneysModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private stopRecording: (() => void) | undefined;

  constructor(
    @Inject(JourneyRecorder) private readonly journeyRecorder: JourneyRecorder,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap() {
    const run = () => this.journeyRecorder.run();
    this.stopRecording = runPeriodically(this.config.CLEANUP_EVERY_S, run, this.logger);
  }

  async beforeApplicationShutdown() {
    this.stopRecording?.();
    await this.journeyRecorder.stop();
  }
}
