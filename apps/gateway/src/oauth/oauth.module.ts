import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { BrandsModule } from '../brands/brands.module.js';
import { EngineModule } from '../flows/engine.module.js';
import { FlowsModule } from '../flows/flows.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { PagesModule } from '../http/pages/pages.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { AuthorizationController } from './authorization.controller.js';
import { AuthorizationCodeGrant } from './authorization-code.grant.js';
import { AuthorizationRequestRateLimiter } from './authorization-request.rate-limiter.js';
import { DeviceAuthorizationModule } from './device-authorization.module.js';
import { DeviceCodeRateLimiter } from './device-code-rate-limiter.js';
import { DevicePageController } from './device-page.controller.js';
import { EndSessionController } from './end-session.controller.js';
import { OauthController } from './oauth.controller.js';
import { OauthClientAuthenticator } from './oauth-client.authenticator.js';
import { OauthMetadataController } from './oauth-metadata.controller.js';
import { PushedAuthorizationController } from './pushed-authorization.controller.js';
import { UserCodeVerifier } from './user-code.verifier.js';
import { UserinfoController } from './userinfo.controller.js';

/** The device authorization grant (RFC 8628) and the authorization code grant with pushed requests (RFC 9126). */
@Module({
  imports: [
    ApplicationsModule,
    AuthModule,
    BrandsModule,
    DeviceAuthorizationModule,
    EngineModule,
    FlowsModule,
    PagesModule,
    SessionsModule,
    UsersModule,
  ],
  controllers: [
    AuthorizationController,
    EndSessionController,
    PushedAuthorizationController,
    DevicePageController,
    OauthController,
    UserinfoController,
    OauthMetadataController,
  ],
  providers: [
    AuthorizationCodeGrant,
    AuthorizationRequestRateLimiter,
    DeviceCodeRateLimiter,
    OauthClientAuthenticator,
    UserCodeVerifier,
  ],
})
export class OauthModule {}
