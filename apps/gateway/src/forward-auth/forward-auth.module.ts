import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { BrandsModule } from '../brands/brands.module.js';
import { EngineModule } from '../flows/engine.module.js';
import { FlowsModule } from '../flows/flows.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { PagesModule } from '../http/pages/pages.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SocketsModule } from '../sockets/sockets.module.js';
import { ForwardAuthController } from './forward-auth.controller.js';
import { ForwardAuthRepository } from './forward-auth.repository.js';
import { ForwardAuthorizationController } from './forward-authorization.controller.js';
import { ForwardCheckService } from './forward-check.service.js';
import { ForwardCodeRateLimiter } from './forward-code.rate-limiter.js';
import { ForwardCookieSigner } from './forward-cookie.signer.js';
import { ForwardLoginController } from './forward-login.controller.js';
import { ForwardRefusalLog } from './forward-refusal.log.js';
import { UserEventListener } from './user-event.listener.js';

/** Forward auth: reverse proxies ask the gateway about each request to a site. */
@Module({
  imports: [
    ApplicationsModule,
    AuthModule,
    BrandsModule,
    EngineModule,
    FlowsModule,
    PagesModule,
    SessionsModule,
    SocketsModule,
  ],
  controllers: [ForwardAuthController, ForwardLoginController, ForwardAuthorizationController],
  providers: [
    ForwardAuthRepository,
    ForwardCheckService,
    ForwardCodeRateLimiter,
    ForwardCookieSigner,
    ForwardRefusalLog,
    UserEventListener,
  ],
})
export class ForwardAuthModule {}
