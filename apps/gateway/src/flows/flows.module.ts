import { Module } from '@nestjs/common';
import { BrandsModule } from '../brands/brands.module.js';
import { DeviceBoundSessionsModule } from '../device-bound-sessions/device-bound-sessions.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { JourneyFactsReader } from '../journeys/journey-facts.reader.js';
import { DeviceAuthorizationModule } from '../oauth/device-authorization.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SocketsModule } from '../sockets/sockets.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountLockdownController } from './account-lockdown.controller.js';
import { ApplicationLoginService } from './application-login.service.js';
import { EngineModule } from './engine.module.js';
import { ExecutorController } from './executor.controller.js';
import { FlowService } from './flow.service.js';
import { FlowChartRepository } from './flow-chart.repository.js';
import { FlowEntryService } from './flow-entry.service.js';
import { FlowInstancesController } from './flow-instances.controller.js';
import { FlowPageController } from './flow-page.controller.js';
import { FlowRedirectsController } from './flow-redirects.controller.js';
import { FlowRequestReader } from './flow-request.reader.js';
import { FlowInspectorController } from './inspector/flow-inspector.controller.js';

/** Flows: the executor API, pages, redirects and the inspector. */
@Module({
  imports: [
    AuthModule,
    BrandsModule,
    DeviceAuthorizationModule,
    DeviceBoundSessionsModule,
    EngineModule,
    SessionsModule,
    SocketsModule,
    UsersModule,
  ],
  controllers: [
    AccountLockdownController,
    ExecutorController,
    FlowPageController,
    FlowRedirectsController,
    FlowInstancesController,
    FlowInspectorController,
  ],
  providers: [
    ApplicationLoginService,
    FlowService,
    FlowEntryService,
    FlowChartRepository,
    FlowRequestReader,
    JourneyFactsReader,
  ],
  exports: [ApplicationLoginService, FlowService, FlowRequestReader],
})
export class FlowsModule {}
