import { Logger, type Sealer } from '@gatehouse/platform';
import type { z } from 'zod';
import type { Sends } from './sends.js';
import type { smsConfig } from './sms.config.js';
import { freshCode, isUnexpired, type SentCode } from './sms-code.js';
import { type SmsGateway, SmsNotSentError, type SmsSettings } from './sms-gateway.js';

/** An address has more numbers and users behind it than one. */
const BEHIND_ADDRESS = 10;

interface Dependencies {
  readonly messages: SmsGateway;
  readonly sends: Sends;
  readonly sealer: Sealer;
  readonly limits: z.output<typeof smsConfig>;
}

/** What is to be sent, and for whom. */
export interface SendRequest {
  readonly settings: SmsSettings;
  readonly number: string;
  /** What the code is bound to: a device, or the number where there is none yet. */
  readonly to: string;
  readonly user: string;
  readonly ip: string;
  /** The code that was sent before, if one was. */
  readonly before: SentCode | undefined;
  /** Names the request, where the same may be asked twice at once and either be the one that is kept: both have one code. */
  readonly work?: string;
  readonly timeoutMs: number;
}

/** Sends codes, no more than there may be, and keeps numbers out of every log. */
export class CodeSender {
  private readonly logger = new Logger('mfa');

  constructor(private readonly parts: Dependencies) {}

  /** The code that counts from now on: that of a moment ago, or a fresh one. Throws Unsent. */
  async send(wanted: SendRequest): Promise<SentCode> {
    const { to, before } = wanted;
    if (before?.to === to && isUnexpired(before) && Date.now() < before.at + this.parts.limits.SMS_COOLDOWN_S * 1000)
      return before;
    const work = workOf(wanted);
    const fresh = freshCode(to, work === undefined ? undefined : this.digest('mfa.codes', work));
    if (await this.isAllowed(wanted)) await this.deliver(wanted, fresh);
    // Whoever asked for the same at the same moment has sent this very code.
    else if (work === undefined || !(await this.parts.sends.has(this.subjectOf(work))))
      throw new SmsNotSentError('one message too many', true);
    return fresh;
  }

  private async deliver({ settings, number, timeoutMs }: SendRequest, { code }: SentCode): Promise<void> {
    try {
      await this.parts.messages.send(settings, { to: number, code, timeoutMs });
    } catch (error) {
      if (!(error instanceof SmsNotSentError)) throw error;
      this.logger.event('a text message was not sent', { why: error.message, status: error.status });
      throw error;
    }
  }

  private isAllowed(wanted: SendRequest): Promise<boolean> {
    const { SMS_MAX_AN_HOUR: most, SMS_COOLDOWN_S: apartS } = this.parts.limits;
    const work = workOf(wanted);
    const wide = { most: most * BEHIND_ADDRESS, apartS: 0 };
    return this.parts.sends.take([
      { subject: this.subjectOf(`number:${wanted.number}`), most, apartS },
      { subject: this.subjectOf(`user:${wanted.user}`), most, apartS },
      { subject: this.subjectOf(`address:${wanted.ip}`), ...wide },
      ...(work === undefined ? [] : [{ subject: this.subjectOf(work), ...wide }]),
    ]);
  }

  private subjectOf = (text: string) => this.digest('mfa.sends', text);
  private digest = (purpose: string, text: string) => this.parts.sealer.digests(purpose, text)[0] as Buffer;
}

const workOf = ({ work, number }: SendRequest) => (work === undefined ? undefined : `work:${work}:${number}`);
