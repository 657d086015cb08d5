import { Module } from '@nestjs/common';
import { SessionRepository } from './session.repository.js';
import { SessionRemovalRepository } from './session-removal.repository.js';

/** Sessions of logged-in users. */
@Module({
  providers: [SessionRepository, SessionRemovalRepository],
  exports: [SessionRepository, SessionRemovalRepository],
})
export class SessionsModule {}
