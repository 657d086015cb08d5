import { Problem } from '@gatehouse/contracts';
import { Logger } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { BoundCookieService } from '../http/bound-cookie.service.js';
import { knownIpOf } from '../http/client.resolver.js';
import type { HttpExchange } from '../http/exchange.js';
import { sessionKeysIn } from '../http/session-cookie.service.js';
import { type DeviceBinding, DeviceBindingRepository } from './device-binding.repository.js';
import { challengeInProof, keyInProof, PROOF_ALGORITHMS, proofIn } from './device-proof.js';
import {
  REGISTRATION_PATH,
  SESSION_ENDED,
  type SessionInstructions,
  sessionInstructions,
} from './session-instructions.js';

/** Value of the header Sec-Secure-Session-Id: a session's id as a string of RFC 9651. Its parameters are ignored. */
const SESSION_ID = /^"?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"?(?:;.*)?$/;

type Settings = Pick<
  GatewayConfig,
  'DEVICE_BOUND_SESSIONS' | 'BOUND_COOKIE_S' | 'DEVICE_CHALLENGE_S' | 'DEVICE_PROOF_BYTES' | 'SESSION_COOKIE'
>;

/** Binds sessions to the devices of their browsers (docs/spec/device-bound-sessions.md). */
@Injectable()
export class DeviceBoundSessionService {
  constructor(
    @Inject(BoundCookieService) private readonly boundCookies: BoundCookieService,
    @Inject(DeviceBindingRepository) private readonly bindings: DeviceBindingRepository,
    @Inject(Logger) private readonly logger: Logger,
    @Inject(GATEWAY_CONFIG) private readonly config: Settings,
  ) {}

  /**
   * Offers the browser to bind an unbound session. Sets the bound cookie before the session is bound, so that a request
   * that the browser sends during the registration is still authenticated after it.
   */
  offer(reply: FastifyReply, sessionId: string): void {
    const { DEVICE_BOUND_SESSIONS, DEVICE_CHALLENGE_S } = this.config;
    if (DEVICE_BOUND_SESSIONS === 'false') return;
    const challenge = this.boundCookies.issue('registration', sessionId, DEVICE_CHALLENGE_S);
    const algorithms = PROOF_ALGORITHMS.join(' ');
    void reply.header(
      'secure-session-registration',
      `(${algorithms});path="${REGISTRATION_PATH}";challenge="${challenge}"`,
    );
    this.boundCookies.set({ reply }, sessionId, DEVICE_CHALLENGE_S);
  }

  /**
   * Binds the session of the request to the key in its proof, and sets the bound cookie. Throws `device_proof_invalid`
   * also if the session has no user or is bound already.
   */
  async register(exchange: HttpExchange): Promise<SessionInstructions> {
    const proof = this.proofOf(exchange.request);
    const key = proof && keyInProof(proof);
    const challenge = proof && key ? await challengeInProof(proof, key) : undefined;
    const sessionId = challenge === undefined ? undefined : this.boundCookies.read('registration', challenge);
    if (!key || sessionId === undefined) throw new Problem('device_proof_invalid');
    if (!(await this.bindings.bind(this.cookiesOf(exchange.request), sessionId, key)))
      throw new Problem('device_proof_invalid');
    return this.bound(exchange, sessionId);
  }

  /**
   * Sets a new bound cookie for a proof of the session's device, or ends the binding in the browser if the session is
   * no longer bound, or if the session cookie belongs to another session. Never sets a session cookie. Throws
   * `device_proof_required` with a challenge if the proof is missing, or signs no valid challenge, and
   * `device_proof_invalid` if the device's key has not signed it.
   */
  async refresh(exchange: HttpExchange): Promise<SessionInstructions> {
    const { request } = exchange;
    const [, sessionId] = SESSION_ID.exec(String(request.headers['sec-secure-session-id'])) ?? [];
    const binding = sessionId && (await this.bindings.find(sessionId, this.cookiesOf(request)));
    if (!sessionId || !binding) return SESSION_ENDED;
    if (request.headers['secure-session-response'] === undefined) throw this.challenged(exchange, sessionId, binding);
    const proof = this.proofOf(request);
    const signed = proof && (await challengeInProof(proof, binding.key));
    if (!signed) {
      this.logger.event('device_proof_refused', { request_id: request.id, client_ip: knownIpOf(request) });
      throw new Problem('device_proof_invalid');
    }
    const isCurrent = this.boundCookies.read('refresh', signed) === subjectOf(sessionId, binding);
    if (!isCurrent || !(await this.bindings.accept(sessionId, binding.proofs)))
      throw this.challenged(exchange, sessionId, binding);
    // The browser sends no cookie with SameSite=Lax if another site has caused the refresh.
    const isOwn = binding.isOwn || this.cookiesOf(request).length === 0;
    return isOwn ? this.bound(exchange, sessionId) : SESSION_ENDED;
  }

  private bound(exchange: HttpExchange, sessionId: string): SessionInstructions {
    this.boundCookies.set(exchange, sessionId, this.config.BOUND_COOKIE_S);
    return sessionInstructions(sessionId);
  }

  /** Returns the problem that asks for a proof, and sets the challenge, which is valid for one proof. */
  private challenged({ reply }: HttpExchange, sessionId: string, binding: DeviceBinding): Problem {
    const challenge = this.boundCookies.issue('refresh', subjectOf(sessionId, binding), this.config.DEVICE_CHALLENGE_S);
    void reply.header('secure-session-challenge', `"${challenge}";id="${sessionId}"`);
    return new Problem('device_proof_required');
  }

  private proofOf({ headers }: FastifyRequest): string | undefined {
    const value = String(headers['secure-session-response'] ?? '');
    return value.length > this.config.DEVICE_PROOF_BYTES ? undefined : proofIn(value);
  }

  private cookiesOf({ headers }: FastifyRequest): Buffer[] {
    return sessionKeysIn(headers.cookie, this.config.SESSION_COOKIE);
  }
}

/**
 * The subject of a refresh challenge: the session, and its number of accepted proofs. Each accepted proof raises this
 * number, so a challenge cannot be replayed.
 */
const subjectOf = (sessionId: string, { proofs }: Pick<DeviceBinding, 'proofs'>) => `${sessionId}_${proofs}`;
