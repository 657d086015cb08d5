import { Module } from '@nestjs/common';
import { EngineModule } from '../flows/engine.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { ApplicationRepository } from './application.repository.js';
import { ApplicationAccess } from './application-access.service.js';
import { JwksController } from './jwks.controller.js';
import { TokenSigner } from './token.signer.js';

/** The services that all kinds of applications share: access decisions, and the keys that sign tokens. */
@Module({
  imports: [AuthModule, EngineModule],
  controllers: [JwksController],
  providers: [ApplicationAccess, ApplicationRepository, TokenSigner],
  exports: [ApplicationAccess, ApplicationRepository, TokenSigner],
})
export class ApplicationsModule {}
