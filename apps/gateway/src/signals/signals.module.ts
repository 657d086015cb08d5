import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { SignalRepository } from './signal.repository.js';
import { SignalVerifier } from './signal.verifier.js';
import { SignalKeys } from './signal-keys.js';
import { SignalMetadataController } from './signal-metadata.controller.js';
import { SignalsController } from './signals.controller.js';

/** Security events: receives events of other systems, and publishes the metadata of this deployment's own events. */
@Module({
  imports: [ApplicationsModule, AuthModule],
  controllers: [SignalsController, SignalMetadataController],
  providers: [SignalRepository, SignalVerifier, SignalKeys],
})
export class SignalsModule {}
