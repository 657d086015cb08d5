import { GeoLocator, Logger, Readiness, Requester, Sealer } from '@gatehouse/platform';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { GATEWAY_CONFIG, type GatewayConfig } from './gateway.config.js';
import { PageRenderer } from './http/pages/page-renderer.js';

/** Configuration and connections, which exist before the application. */
export interface Infrastructure {
  readonly config: GatewayConfig;
  readonly source: DataSource;
  readonly requester: Requester;
  readonly readiness: Readiness;
  readonly geoLocator: GeoLocator;
  readonly pages: PageRenderer;
  readonly logger: Logger;
}

/** Provides the infrastructure to all modules. */
@Global()
@Module({})
export class InfrastructureModule {
  static forRoot({ config, source, requester, readiness, geoLocator, pages, logger }: Infrastructure): DynamicModule {
    return {
      module: InfrastructureModule,
      providers: [
        { provide: GATEWAY_CONFIG, useValue: config },
        { provide: DataSource, useValue: source },
        { provide: Requester, useValue: requester },
        { provide: Readiness, useValue: readiness },
        { provide: GeoLocator, useValue: geoLocator },
        { provide: PageRenderer, useValue: pages },
        { provide: Logger, useValue: logger },
        { provide: Sealer, useValue: new Sealer(config.SEAL_KEYS) },
      ],
      exports: [GATEWAY_CONFIG, DataSource, Requester, Readiness, GeoLocator, PageRenderer, Logger, Sealer],
    };
  }
}
