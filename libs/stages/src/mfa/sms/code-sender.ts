import { clientNetwork, Logger, type Sealer } from '@gatehouse/platform';
import type { z } from 'zod';
import type { MessageQuotaRepository } from '../message-quota.repository.js';
import { type HttpSmsGateway, SmsNotSentError, type SmsSettings } from './http-sms-gateway.js';
import type { smsConfig } from './sms.config.js';
import { isUnexpired, newSentCode, type SentCode } from './sms-code.js';

/** Multiplies the hourly limit for the network of a client, because many users may share a network. */
const NETWORK_LIMIT_FACTOR = 10;
/** Milliseconds before the deadline at which sending stops, so that the reply with the new state arrives in time. */
const REPLY_RESERVE_MS = 750;

interface CodeSenderOptions {
  readonly gateway: HttpSmsGateway;
  readonly quota: MessageQuotaRepository;
  readonly sealer: Sealer;
  readonly limits: z.output<typeof smsConfig>;
}

/** A request for a code. */
export interface SendRequest {
  readonly settings: SmsSettings;
  readonly number: string;
  /** Id of the device for which the code is valid, or the phone number while the device does not exist yet. */
  readonly boundTo: string;
  readonly user: string;
  readonly ip: string;
  /** The code that this step sent last, if any. */
  readonly previous: SentCode | undefined;
  /** Requests with the same id send the same code to a number. Without an id, the code is random. */
  readonly requestId?: string;
  /** Milliseconds until the deadline of the stage. */
  readonly timeLeftMs: () => number;
}

/** Sends codes within the rate limits. Never logs a phone number. */
export class CodeSender {
  private readonly logger = new Logger();

  constructor(private readonly options: CodeSenderOptions) {}

  /** Sends a new code and returns it. During the cooldown, returns the previous code. Throws `SmsNotSentError`. */
  async send(request: SendRequest): Promise<SentCode> {
    const { boundTo, previous } = request;
    const cooldownMs = this.options.limits.SMS_COOLDOWN_S * 1000;
    if (previous?.to === boundTo && isUnexpired(previous) && Date.now() < previous.at + cooldownMs) return previous;
    const requestSubject = requestSubjectOf(request);
    const seed = requestSubject === undefined ? undefined : this.digest('mfa.codes', requestSubject);
    const sentCode = newSentCode(boundTo, seed);
    // If there is no time left for the reply, a message would use up the rate limit, and the state would not contain
    // its code.
    if (request.timeLeftMs() <= REPLY_RESERVE_MS) throw this.logged(new SmsNotSentError('no time was left', false));
    if (await this.consumeQuota(request)) await this.deliver(request, sentCode);
    // A concurrent request for the same step may have used up the rate limit by sending the same code. The visitor then
    // has the code, so this request succeeds too.
    else if (requestSubject === undefined || !(await this.options.quota.hasRecent(this.subjectOf(requestSubject))))
      throw new SmsNotSentError('the rate limit is reached', true);
    return sentCode;
  }

  private async deliver({ settings, number, timeLeftMs }: SendRequest, { code }: SentCode): Promise<void> {
    try {
      await this.options.gateway.send(settings, { to: number, code, timeoutMs: timeLeftMs() - REPLY_RESERVE_MS });
    } catch (error) {
      throw error instanceof SmsNotSentError ? this.logged(error) : error;
    }
  }

  private logged(error: SmsNotSentError): SmsNotSentError {
    this.logger.event('text_message_not_sent', { reason: error.message, status: error.status });
    return error;
  }

  private consumeQuota(request: SendRequest): Promise<boolean> {
    const { SMS_MAX_AN_HOUR: maxPerHour, SMS_COOLDOWN_S: minIntervalS } = this.options.limits;
    const requestSubject = requestSubjectOf(request);
    const networkLimits = { maxPerHour: maxPerHour * NETWORK_LIMIT_FACTOR, minIntervalS: 0 };
    return this.options.quota.consume([
      { subject: this.subjectOf(`number:${request.number}`), maxPerHour, minIntervalS },
      { subject: this.subjectOf(`user:${request.user}`), maxPerHour, minIntervalS },
      { subject: this.subjectOf(`address:${clientNetwork(request.ip)}`), ...networkLimits },
      ...(requestSubject === undefined ? [] : [{ subject: this.subjectOf(requestSubject), ...networkLimits }]),
    ]);
  }

  private subjectOf = (text: string) => this.digest('mfa.sends', text);
  private digest = (purpose: string, text: string) => this.options.sealer.digests(purpose, text)[0] as Buffer;
}

const requestSubjectOf = ({ requestId, number }: SendRequest) =>
  requestId === undefined ? undefined : `work:${requestId}:${number}`;
