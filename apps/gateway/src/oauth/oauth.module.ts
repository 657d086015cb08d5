import { Module } from '@nestjs/common';
import { BrandsModule } from '../brands/brands.module.js';
import { EngineModule } from '../flows/engine.module.js';
import { FlowsModule } from '../flows/flows.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { PagesModule } from '../http/pages/pages.module.js';
import { UsersModule } from '../users/users.module.js';
import { DeviceAuthorizationModule } from './device-authorization.module.js';
import { DeviceCodeRateLimiter } from './device-code-rate-limiter.js';
import { DevicePageController } from './device-page.controller.js';
import { OauthController } from './oauth.controller.js';
import { OauthClientAuthenticator } from './oauth-client.authenticator.js';
import { OauthMetadataController } from './oauth-metadata.controller.js';
import { UserCodeVerifier } from './user-code.verifier.js';
import { UserinfoController } from './userinfo.controller.js';

/** The device authorization grant (RFC 8628). */
@Module({
  imports: [AuthModule, BrandsModule, DeviceAuthorizationModule, EngineModule, FlowsModule, PagesModule, UsersModule],
  controllers: [DevicePageController, OauthController, UserinfoController, OauthMetadataController],
  providers: [DeviceCodeRateLimiter, OauthClientAuthenticator, UserCodeVerifier],
})
export class OauthModule {}
