import { type ApiView, FIELDS_COMPLETE, FIELDS_HEADER } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../gateway.config.js';

/** Returns which fields a client gets: those of the configured API version, or all fields if it asks for them. */
export const viewFor = (
  { headers }: Pick<FastifyRequest, 'headers'>,
  { API_VERSION: version }: Pick<GatewayConfig, 'API_VERSION'>,
): ApiView => (headers[FIELDS_HEADER] === FIELDS_COMPLETE ? 'complete' : version);
