import { Broadcaster, GeoLocator, Logger, Readiness, Requester, reportKeys, Sealer } from '@gatehouse/platform';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { GATEWAY_CONFIG, type GatewayConfig } from './gateway.config.js';
import { Admission } from './http/admission/admission.js';
import { PageRenderer } from './http/pages/page-renderer.js';

/** Configuration and connections, which exist before the application. */
export interface Infrastructure {
  readonly config: GatewayConfig;
  readonly source: DataSource;
  /** The client of the bus. */
  readonly requester: Requester & Broadcaster;
  readonly readiness: Readiness;
  readonly geoLocator: GeoLocator;
  readonly pages: PageRenderer;
  readonly logger: Logger;
  readonly admission: Admission;
}

/** Provides the parts of `Infrastructure`, and the sealer, to all modules. */
@Global()
@Module({})
export class InfrastructureModule {
  static forRoot(infrastructure: Infrastructure): DynamicModule {
    const { config, source, requester, readiness, geoLocator, pages, logger, admission } = infrastructure;
    return {
      module: InfrastructureModule,
      providers: [
        { provide: GATEWAY_CONFIG, useValue: config },
        { provide: DataSource, useValue: source },
        { provide: Requester, useValue: requester },
        { provide: Broadcaster, useValue: requester },
        { provide: Readiness, useValue: readiness },
        { provide: GeoLocator, useValue: geoLocator },
        { provide: PageRenderer, useValue: pages },
        { provide: Logger, useValue: logger },
        { provide: Admission, useValue: admission },
        { provide: Sealer, useValue: openSealer(config) },
      ],
      exports: [
        GATEWAY_CONFIG,
        DataSource,
        Requester,
        Broadcaster,
        Readiness,
        GeoLocator,
        PageRenderer,
        Logger,
        Admission,
        Sealer,
      ],
    };
  }
}

/** Returns the sealer of the gateway, and reports the ids of its keys. */
function openSealer({ SEAL_KEYS }: GatewayConfig): Sealer {
  const sealer = new Sealer(SEAL_KEYS);
  reportKeys('SEAL_KEYS', sealer);
  return sealer;
}
