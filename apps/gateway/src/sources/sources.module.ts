import { Module } from '@nestjs/common';
import { BrandsModule } from '../brands/brands.module.js';
import { EngineModule } from '../flows/engine.module.js';
import { FlowsModule } from '../flows/flows.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { PagesModule } from '../http/pages/pages.module.js';
import { SocketsModule } from '../sockets/sockets.module.js';
import { PendingSourceLoginRepository } from './pending-source-login.repository.js';
import { PlexController } from './plex.controller.js';
import { SourceRepository } from './source.repository.js';
import { SourceFlowManager } from './source-flow.manager.js';
import { SourceIconsController } from './source-icons.controller.js';
import { SourceLoginController } from './source-login.controller.js';
import { SourceLoginService } from './source-login.service.js';
import { SourceProviderClient } from './source-provider.client.js';
import { SourceStageResumer } from './source-stage.resumer.js';
import { UserSourceConnectionsController } from './user-source-connections.controller.js';

/** Logins at OAuth and Plex sources, and connections of users with them. */
@Module({
  imports: [AuthModule, BrandsModule, EngineModule, FlowsModule, PagesModule, SocketsModule],
  controllers: [SourceLoginController, SourceIconsController, PlexController, UserSourceConnectionsController],
  providers: [
    SourceLoginService,
    SourceFlowManager,
    SourceStageResumer,
    SourceRepository,
    PendingSourceLoginRepository,
    SourceProviderClient,
  ],
})
export class SourcesModule {}
