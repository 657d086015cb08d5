import { PASSWORD_HASH_SUBJECT, PROTOCOL_VERSION, passwordHashReply, stageProblem } from '@gatehouse/contracts';
import {
  BusyError,
  NatsRequester,
  NatsUnavailableError,
  NoRespondersError,
  RequestTimeoutError,
} from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { PasswordHashClient } from './password-hash-client.js';

const answered = z.union([passwordHashReply, stageProblem]);

/** Asks the password service over NATS: hashes cost, and one service bounds what they cost. */
@Injectable()
export class NatsPasswordHashClient extends PasswordHashClient {
  constructor(@Inject(NatsRequester) private readonly requester: NatsRequester) {
    super();
  }

  async hash(password: string, timeLeftMs: number): Promise<string> {
    const timeout_ms = Math.max(0, Math.floor(timeLeftMs));
    const body = JSON.stringify({ v: PROTOCOL_VERSION, timeout_ms, password });
    const data = await this.requester.request(PASSWORD_HASH_SUBJECT, body, timeout_ms).catch((cause: unknown) => {
      const away =
        cause instanceof NoRespondersError ||
        cause instanceof RequestTimeoutError ||
        cause instanceof NatsUnavailableError;
      throw away ? new BusyError('passwords cannot be hashed', { cause }) : cause;
    });
    const reply = answered.parse(JSON.parse(Buffer.from(data).toString()));
    if ('hash' in reply) return reply.hash;
    throw reply.problem.code === 'stage_busy'
      ? new BusyError('the password service is busy')
      : new Error(`the password service answers ${reply.problem.code}`);
  }
}
