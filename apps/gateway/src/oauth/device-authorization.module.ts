import { Module } from '@nestjs/common';
import { EngineModule } from '../flows/engine.module.js';
import { AuthorizationGrantClient } from './authorization-grant.client.js';
import { DeviceAuthorizationService } from './device-authorization.service.js';
import { DeviceGrantClient } from './device-grant.client.js';
import { OauthClientRepository } from './oauth-client.repository.js';

/**
 * The parts of OAuth that flows need: clients, device codes and authorization codes. Separate from OauthModule, which
 * imports the flows, to prevent a circular import.
 */
@Module({
  imports: [EngineModule],
  providers: [AuthorizationGrantClient, DeviceAuthorizationService, DeviceGrantClient, OauthClientRepository],
  exports: [AuthorizationGrantClient, DeviceAuthorizationService, DeviceGrantClient, OauthClientRepository],
})
export class DeviceAuthorizationModule {}
