import { Module } from '@nestjs/common';
import { EngineModule } from '../flows/engine.module.js';
import { DeviceAuthorizationService } from './device-authorization.service.js';
import { DeviceGrantClient } from './device-grant.client.js';
import { OauthClientRepository } from './oauth-client.repository.js';

/** Device codes and OAuth clients. Separate from OauthModule, because flows need them too. */
@Module({
  imports: [EngineModule],
  providers: [DeviceAuthorizationService, DeviceGrantClient, OauthClientRepository],
  exports: [DeviceAuthorizationService, DeviceGrantClient, OauthClientRepository],
})
export class DeviceAuthorizationModule {}
