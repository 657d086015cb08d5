import { Module } from '@nestjs/common';
import { LoginSetRepository } from './login-set.repository.js';
import { SessionRepository } from './session.repository.js';
import { SessionRemovalRepository } from './session-removal.repository.js';

/** Sessions of logged-in users. */
@Module({
  providers: [LoginSetRepository, SessionRepository, SessionRemovalRepository],
  exports: [LoginSetRepository, SessionRepository, SessionRemovalRepository],
})
export class SessionsModule {}
