import type { ApiView } from '@gatehouse/contracts';
import { type DynamicModule, Module } from '@nestjs/common';
import { AccountModule } from './account/account.module.js';
import { ApplicationsModule } from './applications/applications.module.js';
import { BrandsModule } from './brands/brands.module.js';
import { CleanupModule } from './cleanup/cleanup.module.js';
import { ConsentsModule } from './consents/consents.module.js';
import { DeviceBoundSessionsModule } from './device-bound-sessions/device-bound-sessions.module.js';
import { DevicesModule } from './devices/devices.module.js';
import { FlowChangesModule } from './flow-changes/flow-changes.module.js';
import { FlowPagesModule } from './flow-pages/flow-pages.module.js';
import { FlowsModule } from './flows/flows.module.js';
import { ForwardAuthModule } from './forward-auth/forward-auth.module.js';
import { AuthModule } from './http/auth/auth.module.js';
import { apiDocument } from './http/openapi/api-document.js';
import { controllersOf, OpenApiModule } from './http/openapi/openapi.module.js';
import type { Schema } from './http/openapi/schema-writer.js';
import { PagesModule } from './http/pages/pages.module.js';
import { type Infrastructure, InfrastructureModule } from './infrastructure.module.js';
import { InvitationsModule } from './invitations/invitations.module.js';
import { JourneysModule } from './journeys/journeys.module.js';
import { OauthModule } from './oauth/oauth.module.js';
import { PreviewsModule } from './previews/previews.module.js';
import { RecoveryLinksModule } from './recovery-links/recovery-links.module.js';
import { SessionsApiModule } from './sessions/sessions-api.module.js';
import { SignalsModule } from './signals/signals.module.js';
import { SocketsModule } from './sockets/sockets.module.js';
import { SourcesModule } from './sources/sources.module.js';
import { SystemModule } from './system/system.module.js';
import { UserSwitchingModule } from './user-switching/user-switching.module.js';
import { UsersModule } from './users/users.module.js';

/** The gateway: all features that answer HTTP. */
@Module({
  imports: [
    AuthModule,
    PagesModule,
    FlowsModule,
    FlowChangesModule,
    PreviewsModule,
    RecoveryLinksModule,
    UserSwitchingModule,
    SessionsApiModule,
    UsersModule,
    DeviceBoundSessionsModule,
    DevicesModule,
    ConsentsModule,
    InvitationsModule,
    SourcesModule,
    OauthModule,
    ApplicationsModule,
    ForwardAuthModule,
    SignalsModule,
    BrandsModule,
    AccountModule,
    FlowPagesModule,
    SocketsModule,
    SystemModule,
    CleanupModule,
    JourneysModule,
  ],
})
export class GatewayModule {
  static forRoot(infrastructure: Infrastructure): DynamicModule {
    return {
      module: GatewayModule,
      imports: [InfrastructureModule.forRoot(infrastructure), OpenApiModule.forRoot(GatewayModule.document)],
    };
  }

  /** Returns the OpenAPI document of a view without creating a Nest application. */
  static document(this: void, view: ApiView): Schema {
    return apiDocument(controllersOf(GatewayModule), view);
  }
}
