import { InvitationRepository } from '@gatehouse/directory';
import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { EngineModule } from '../flows/engine.module.js';
import { InvitationPresenter } from './invitation.presenter.js';
import { InvitationService } from './invitation.service.js';
import { InvitationsController } from './invitations.controller.js';

/** Invitations, for superusers. */
@Module({
  imports: [EngineModule],
  controllers: [InvitationsController],
  providers: [
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
