import { PASSWORD_HASH_SUBJECT, PROTOCOL_VERSION, passwordHashReply } from '@gatehouse/contracts';
import { Requester, requestOverBus } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';

/** Computes password hashes. Throws a `Problem` with status 503 if no service returns a hash in time. */
export abstract class PasswordHashClient {
  abstract hash(password: string, timeLeftMs: number): Promise<string>;
}

/** Requests hashes from the password service, because that service limits how many hashes run at the same time. */
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
