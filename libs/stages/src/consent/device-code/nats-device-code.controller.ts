import {
  DEVICE_QUEUE,
  type DeviceOperation,
  type DeviceReply,
  type DeviceRequest,
  deviceOperations,
  type StageProblem,
} from '@gatehouse/contracts';
import { Logger, MALFORMED } from '@gatehouse/platform';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { DeviceCodeStore } from './device-code-store.js';

const QUEUE = { queue: DEVICE_QUEUE };
type OperationReply<E extends DeviceOperation> = Promise<DeviceReply<E> | StageProblem>;

/** Handles the requests of the gateway's OAuth endpoints about device codes and access tokens. */
@Controller()
export class DeviceCodeController {
  private readonly logger = new Logger();

  constructor(@Inject(DeviceCodeStore) private readonly codes: DeviceCodeStore) {}

  @MessagePattern(deviceOperations.issue.subject, QUEUE)
  issue(@Payload() body: unknown): OperationReply<'issue'> {
    return this.handle('issue', body, ({ client, lifetime_s }) => this.codes.issue(client, lifetime_s));
  }

  @MessagePattern(deviceOperations.claim.subject, QUEUE)
  claim(@Payload() body: unknown): OperationReply<'claim'> {
    return this.handle('claim', body, async ({ user_code, user }) => ({
      claimed: (await this.codes.claim(user_code, user)) ?? null,
    }));
  }

  @MessagePattern(deviceOperations.refuse.subject, QUEUE)
  refuse(@Payload() body: unknown): OperationReply<'refuse'> {
    return this.handle('refuse', body, async ({ user, id }) => ({ refused: await this.codes.refuse(user, id) }));
  }

  @MessagePattern(deviceOperations.redeem.subject, QUEUE)
  redeem(@Payload() body: unknown): OperationReply<'redeem'> {
    return this.handle('redeem', body, ({ device_code: deviceCode, client_id: clientId, lifetime_s: lifetimeS }) =>
      this.codes.redeem({ deviceCode, clientId, lifetimeS }),
    );
  }

  @MessagePattern(deviceOperations.find_token.subject, QUEUE)
  findToken(@Payload() body: unknown): OperationReply<'find_token'> {
    return this.handle('find_token', body, async ({ access_token }) => ({
      granted: (await this.codes.findToken(access_token)) ?? null,
    }));
  }

  /**
   * Validates a request and runs `work`. Its replies contain no error detail, because the detail could contain a code
   * or a token.
   */
  private async handle<E extends DeviceOperation>(
    operation: E,
    body: unknown,
    work: (request: DeviceRequest<E>) => Promise<DeviceReply<E>>,
  ): OperationReply<E> {
    const request = deviceOperations[operation].request.safeParse(body === MALFORMED ? undefined : body);
    if (!request.success) return { problem: { code: 'stage_bad_request' } };
    try {
      return await work(request.data as DeviceRequest<E>);
    } catch (error) {
      this.logger.event('device_code_failed', { operation, error });
      return { problem: { code: 'stage_fault' } };
    }
  }
}
