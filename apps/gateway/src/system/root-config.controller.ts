import { removedIn2026, valueIn, withNewerValues } from '@gatehouse/contracts';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { viewFor } from '../http/api-view.js';
import { AllowAnonymous } from '../http/auth/auth.guard.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';

const errorReporting = z
  .object({
    enabled: z.boolean(),
    sentry_dsn: z.string(),
    environment: z.string(),
    send_pii: z.boolean(),
    traces_sample_rate: z.number(),
  })
  .meta({ id: 'ErrorReportingConfig', description: 'The error reporting service of clients.' });

const NEWER_CAPABILITIES = ['can_save_reports', 'can_request', 'can_agent_self_service'] as const;
const capability = withNewerValues(
  z.enum([
    ...(['can_save_media', 'can_geo_ip', 'can_asn', 'can_impersonate', 'can_debug', 'is_enterprise'] as const),
    ...NEWER_CAPABILITIES,
  ]),
  NEWER_CAPABILITIES,
).meta({ id: 'CapabilitiesEnum' });

const config = z
  .object({
    error_reporting: errorReporting,
    capabilities: z.array(capability),
    cache_timeout: z.int(),
    cache_timeout_flows: z.int(),
    cache_timeout_policies: z.int(),
    cache_timeout_reputation: removedIn2026(z.int()),
  })
  .meta({ id: 'Config', description: 'Settings of the server for clients.' });

/** The configuration of every client: no error reporting, no caches, no optional capabilities. */
const CONFIG: z.input<typeof config> = {
  error_reporting: { enabled: false, sentry_dsn: '', environment: '', send_pii: false, traces_sample_rate: 0 },
  capabilities: [],
  cache_timeout: 0,
  cache_timeout_flows: 0,
  cache_timeout_policies: 0,
  cache_timeout_reputation: 0,
};

/** The configuration that clients load when they start (docs/spec/clients.md#brand-and-configuration). */
@Controller('/api/v3/root/config')
export class RootConfigController {
  constructor(@Inject(GATEWAY_CONFIG) private readonly gateway: Pick<GatewayConfig, 'API_VERSION'>) {}

  @ApiEndpoint({
    id: 'root_config_retrieve',
    description: 'Returns the settings of the server for clients.',
    tag: 'root',
    anonymous: true,
    answers: { 200: config },
  })
  @Get('/')
  @AllowAnonymous()
  retrieve(@Req() request: FastifyRequest) {
    return valueIn(viewFor(request, this.gateway), config, CONFIG);
  }
}
