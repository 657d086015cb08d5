import { Module } from '@nestjs/common';
import { EngineModule } from '../flows/engine.module.js';
import { AuthorizationGrantClient } from './authorization-grant.client.js';
import { DeviceAuthorizationService } from './device-authorization.service.js';
import { DeviceGrantClient } from './device-grant.client.js';
import { OauthClientRepository } from './oauth-client.repository.js';

/**
 * What flows need of OAuth: clients, device codes and authorization codes. Separate from OauthModule, which imports the
 * flows, so that no two modules import each other.
 */
@Module({
  imports: [EngineModule],
  providers: [AuthorizationGrantClient, DeviceAuthorizationService, DeviceGrantClient, OauthClientRepository],
  exports: [AuthorizationGrantClient, DeviceAuthorizationService, DeviceGrantClient, OauthClientRepository],
})
export class DeviceAuthorizationModule {}
