import { Problem } from '@gatehouse/contracts';
import { Controller, Get, Inject, Param, UseGuards } from '@nestjs/common';
import { Public } from '../http/auth/auth.guard.js';
import { AnonymousRateLimitGuard } from '../http/rate-limits/anonymous-rate-limiter.js';
import { ApplicationRepository } from './application.repository.js';
import { TokenSigner } from './token.signer.js';

/** The public keys with which an application verifies tokens (RFC 7517), at authentik's address. */
@Public()
@UseGuards(AnonymousRateLimitGuard)
@Controller('/application/o')
export class JwksController {
  constructor(
    @Inject(ApplicationRepository) private readonly applications: ApplicationRepository,
    @Inject(TokenSigner) private readonly signer: TokenSigner,
  ) {}

  /** Returns the keys. Throws `not_found` for an unknown application, and if JWT_SIGNING_KEYS is not set. */
  @Get(':application/jwks/')
  async jwks(@Param('application') application: string) {
    if (!this.signer.canSign || !(await this.applications.exists(application))) throw new Problem('not_found');
    return { keys: this.signer.publicKeys };
  }
}
