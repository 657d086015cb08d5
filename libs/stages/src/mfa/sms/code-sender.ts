import { Logger, type Sealer } from '@gatehouse/platform';
import type { z } from 'zod';
import { type Messages, type SmsSettings, Unsent } from './messages.js';
import type { Sends } from './sends.js';
import type { smsConfig } from './sms.config.js';
import { freshCode, isAlive, type SentCode } from './sms-code.js';

/** An address has more numbers and users behind it than one. */
const BEHIND_ADDRESS = 10;

interface Parts {
  readonly messages: Messages;
  readonly sends: Sends;
  readonly sealer: Sealer;
  readonly limits: z.output<typeof smsConfig>;
}

/** What is to be sent, and for whom. */
export interface Wanted {
  readonly settings: SmsSettings;
  readonly number: string;
  /** What the code is bound to: a device, or the number where there is none yet. */
  readonly to: string;
  readonly user: string;
  readonly ip: string;
  /** The code that was sent before, if one was. */
  readonly before: SentCode | undefined;
  readonly timeoutMs: number;
}

/** Sends codes, no more than there may be, and keeps numbers out of every log. */
export class CodeSender {
  private readonly logger = new Logger('mfa');

  constructor(private readonly parts: Parts) {}

  /** The code that counts from now on: that of a moment ago, or a fresh one. Throws Unsent. */
  async send({ settings, number, to, user, ip, before, timeoutMs }: Wanted): Promise<SentCode> {
    if (before?.to === to && isAlive(before) && Date.now() < before.at + this.parts.limits.SMS_COOLDOWN_S * 1000)
      return before;
    if (!(await this.isAllowed({ number, user, ip }))) throw new Unsent('one message too many', true);
    const fresh = freshCode(to);
    try {
      await this.parts.messages.send(settings, { to: number, code: fresh.code, timeoutMs });
    } catch (error) {
      if (!(error instanceof Unsent)) throw error;
      this.logger.event('a text message was not sent', { why: error.message, status: error.status });
      throw error;
    }
    return fresh;
  }

  private isAllowed({ number, user, ip }: Pick<Wanted, 'number' | 'user' | 'ip'>): Promise<boolean> {
    const { SMS_MAX_AN_HOUR: most, SMS_COOLDOWN_S: apartS } = this.parts.limits;
    const subjectOf = (text: string) => this.parts.sealer.digests('mfa.sends', text)[0] as Buffer;
    return this.parts.sends.take([
      { subject: subjectOf(`number:${number}`), most, apartS },
      { subject: subjectOf(`user:${user}`), most, apartS },
      { subject: subjectOf(`address:${ip}`), most: most * BEHIND_ADDRESS, apartS: 0 },
    ]);
  }
}
