import { PASSWORD_HASH_SUBJECT, PROTOCOL_VERSION, passwordHashReply } from '@gatehouse/contracts';
import { Requester, requestOverBus } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { PasswordHashClient } from './password-hash-client.js';

/** Asks the password service over the bus, because that service limits how many hashes are computed at a time. */
@Injectable()
export class NatsPasswordHashClient extends PasswordHashClient {
  constructor(@Inject(Requester) private readonly requester: Requester) {
    super();
  }

  async hash(password: string, timeLeftMs: number): Promise<string> {
    const timeoutMs = Math.max(0, Math.floor(timeLeftMs));
    const body = JSON.stringify({ v: PROTOCOL_VERSION, timeout_ms: timeoutMs, password });
    const request = { subject: PASSWORD_HASH_SUBJECT, body, timeoutMs, reply: passwordHashReply };
    return (await requestOverBus(this.requester, request)).hash;
  }
}
