import { InvitationRepository } from '@gatehouse/directory';
import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BrandsModule } from '../brands/brands.module.js';
import { EngineModule } from '../flows/engine.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { InvitationPresenter } from './invitation.presenter.js';
import { InvitationService } from './invitation.service.js';
import { InvitationChangeRepository } from './invitation-change.repository.js';
import { InvitationsController } from './invitations.controller.js';

/** Invitations, for superusers. */
@Module({
  imports: [AuthModule, BrandsModule, EngineModule],
  controllers: [InvitationsController],
  providers: [
    InvitationChangeRepository,
    InvitationService,
    InvitationPresenter,
    {
      provide: InvitationRepository,
      inject: [DataSource],
      useFactory: (source: DataSource) => new InvitationRepository(source),
    },
  ],
})
export class InvitationsModule {}
