import { Problem } from '@gatehouse/contracts';
import { Logger } from '@gatehouse/platform';
import { Controller, HttpCode, HttpStatus, Inject, Param, Post, Req, UseFilters, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Public } from '../http/auth/auth.guard.js';
import { InvalidBody, SIGNAL_PATH } from '../http/body.parser.js';
import { EventFactsReader } from '../http/event-facts.reader.js';
import { AnonymousRateLimitGuard } from '../http/rate-limits/anonymous-rate-limiter.js';
import type { SignalTransmitter } from './signal.config.js';
import { SignalRepository } from './signal.repository.js';
import { SignalVerifier } from './signal.verifier.js';
import { SignalError, SignalErrorFilter } from './signal-error.js';
import { signalEventIn } from './signal-event.js';

/** Receives security events that transmitters push (RFC 8935, docs/spec/events.md#receiver). */
@Public()
@UseFilters(SignalErrorFilter)
@UseGuards(AnonymousRateLimitGuard)
@Controller(SIGNAL_PATH)
export class SignalsController {
  constructor(
    @Inject(SignalVerifier) private readonly verifier: SignalVerifier,
    @Inject(SignalRepository) private readonly signals: SignalRepository,
    @Inject(EventFactsReader) private readonly facts: EventFactsReader,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  /**
   * Accepts a token with 202, once its effect is saved. A token about an unknown user, or a repeated token, gets the
   * same answer. Throws SignalError, `not_found` for an unknown transmitter, and `body_too_large`.
   */
  @Post(':transmitter')
  @HttpCode(HttpStatus.ACCEPTED)
  async receive(@Param('transmitter') name: string, @Req() request: FastifyRequest): Promise<void> {
    const transmitter = this.config.SIGNAL_TRANSMITTERS.find((one) => one.name === name);
    if (!transmitter) throw new Problem('not_found');
    const fields = { request_id: request.id, transmitter: name };
    try {
      const outcome = await this.apply(transmitter, request);
      this.logger.event('signal_received', { ...fields, outcome });
    } catch (error) {
      if (error instanceof SignalError) this.logger.event('signal_refused', { ...fields, reason: error.err });
      throw error;
    }
  }

  private async apply(transmitter: SignalTransmitter, request: FastifyRequest) {
    this.verifier.authenticate(transmitter, request.headers.authorization);
    const { claims, jti } = await this.verifier.verify(this.tokenIn(request.body), transmitter);
    const event = signalEventIn(claims, transmitter.events);
    const keptS = this.config.SIGNAL_MAX_AGE_S + 2 * this.config.SIGNAL_SKEW_S + 1;
    const facts = await this.facts.read(request, undefined);
    const outcome = await this.signals.apply({ transmitter, event, jti, keptS, facts });
    return event.isVerification ? 'verification' : outcome;
  }

  private tokenIn(body: unknown): string {
    if (body instanceof InvalidBody) throw body.problem;
    if (typeof body !== 'string')
      throw new SignalError('invalid_request', 'The body must be a Security Event Token (application/secevent+jwt).');
    if (body.length > this.config.SIGNAL_BYTES) throw new Problem('body_too_large');
    return body;
  }
}
