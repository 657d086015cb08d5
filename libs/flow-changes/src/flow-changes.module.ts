import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { directoryEntities } from '@gatehouse/directory';
import { LazyPythonSyntaxChecker } from '@gatehouse/expressions';
import { ConcurrencyLimiter, dataSourceModule, Requester, readConfig, reportKeys, Sealer } from '@gatehouse/platform';
import { rolloutGuardProvider } from '@gatehouse/rollout';
import { natsModule } from '@gatehouse/stage-kit';
import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { z } from 'zod';
import { ExternalStageClient } from './external-stage.client.js';
import { FlowChangeService, SYNTAX_CHECKER } from './flow-change.service.js';
import { flowChangesConfig } from './flow-changes.config.js';
import { FlowDefinitionRepository } from './flow-definition.repository.js';
import { FLOW_CHANGE_LIMITER, FlowChangesController } from './nats-flow-changes.controller.js';

/** Milliseconds after which the client gives up a statement: more than the largest FLOW_CHANGE_TIMEOUT_MS. */
const STATEMENT_MS = 20_000;

/** Returns the Nest module of the service that changes flows for the gateway, in the database of `DATABASE_URL`. */
export function flowChangesModule(): DynamicModule {
  /** Stops the syntax checker's Python process after the last open request. */
  @Module({})
  class FlowChangesModule implements OnApplicationShutdown {
    constructor(@Inject(SYNTAX_CHECKER) private readonly syntax: LazyPythonSyntaxChecker) {}

    onApplicationShutdown() {
      return this.syntax.close();
    }
  }
  const config = readConfig(flowChangesConfig);
  const { FLOW_CHANGES_CONCURRENCY: concurrency, FLOW_RELEASES_KEPT: releasesKept } = config;
  const sealer = openSealer(config);
  return {
    module: FlowChangesModule,
    imports: [
      dataSourceModule(FLOW_SCHEMA, { entities: directoryEntities, queryMs: STATEMENT_MS }),
      natsModule('blueprints'),
    ],
    controllers: [FlowChangesController],
    providers: [
      FlowChangeService,
      rolloutGuardProvider(config, { sealer, releasesKept }),
      { provide: SYNTAX_CHECKER, useFactory: () => new LazyPythonSyntaxChecker() },
      { provide: FLOW_CHANGE_LIMITER, useFactory: () => new ConcurrencyLimiter(concurrency, 0, 'flow_change') },
      flowDefinitionProvider(config, sealer),
    ],
  };
}

const flowDefinitionProvider = (config: z.output<typeof flowChangesConfig>, sealer: Sealer) => ({
  provide: FlowDefinitionRepository,
  inject: [DataSource, Requester, SYNTAX_CHECKER],
  useFactory: (source: DataSource, requester: Requester, syntax: LazyPythonSyntaxChecker) =>
    new FlowDefinitionRepository({
      ...{ source, syntax, config, sealer },
      openExternalStages: () => new ExternalStageClient(requester, config.TRUSTED_STAGES),
    }),
});

function openSealer({ SEAL_KEYS }: z.output<typeof flowChangesConfig>): Sealer {
  const sealer = new Sealer(SEAL_KEYS);
  reportKeys('SEAL_KEYS', sealer);
  return sealer;
}
