import { DeviceRepository, MFA_SCHEMA } from '@gatehouse/authenticators';
import type { SavedUser, StageReply } from '@gatehouse/contracts';
import { openDataSource, Sealer } from '@gatehouse/platform';
import { driveStage } from '@gatehouse/stage-kit/testing';
import type { DataSource } from 'typeorm';
import { migratedDatabase } from '../../../test/support/postgres.js';
import { authenticatorDuoContract } from '../src/mfa/duo/authenticator-duo.contract.js';
import { AuthenticatorDuoStage } from '../src/mfa/duo/authenticator-duo.stage.js';
import { DuoFactor } from '../src/mfa/duo/duo.factor.js';
import { DuoSettings } from '../src/mfa/duo/duo.module.js';
import { DuoClient } from '../src/mfa/duo/duo-client.js';
import { DuoConnection } from '../src/mfa/duo/duo-connection.js';
import { PushRateLimiter } from '../src/mfa/duo/push-rate-limiter.js';
import type { Factor } from '../src/mfa/factor.js';
import { MessageQuotaRepository } from '../src/mfa/message-quota.repository.js';
import { authenticatorValidateContract } from '../src/mfa/validate/authenticator-validate.contract.js';
import { DuoServer, duoAccount } from './duo-server.js';
import { validationStage } from './validation-stage.js';

/** Id of the Duo stage of the tests. */
export const STAGE = 'a1b2c3d4-0000-4000-8000-000000000001';
export const config = {
  api_hostname: duoAccount.host,
  client_id: duoAccount.integrationKey,
  client_secret: duoAccount.secretKey,
};
const companions = { [STAGE]: { id: STAGE, name: 'duo', kind: 'authenticator_duo', model: 'm', config } };
const step = { id: 'step', name: 'duo', stage: STAGE, confirmed: true };

let userCount = 0;
/** Returns a new user. */
export function newUser(): SavedUser {
  const n = String(++userCount);
  const uuid = `00000000-0000-4000-8000-${n.padStart(12, '0')}`;
  return {
    ...{ kind: 'saved', uuid, pk: userCount, username: `user-${n}`, name: '', email: '' },
    ...{ is_active: true, epoch: 1, locale: '' },
  };
}

export const challengeIn = (reply: StageReply) => (reply as Extract<StageReply, { challenge: object }>).challenge;
export const entryIn = (reply: StageReply) =>
  (challengeIn(reply)['device_challenges'] as { device_uid: string; challenge: { number?: string } }[])[0]!;

interface ValidateOptions {
  readonly timeoutMs?: number;
  readonly deadlineMs?: number;
  readonly cooldownMs?: number;
  readonly maxPerHour?: number;
  readonly outpost?: boolean;
  readonly request?: object;
  /** Factors that the validation stage offers in addition to Duo. */
  readonly otherFactors?: readonly Factor[];
}

/** Runs the stages of Duo with a fake Duo on loopback and a database of devices. */
export class DuoHarness {
  private constructor(
    readonly server: DuoServer,
    readonly devices: DeviceRepository,
    private readonly resources: {
      sealer: Sealer;
      source: DataSource;
      sends: MessageQuotaRepository;
      close: () => Promise<void>;
    },
  ) {}

  static async open(): Promise<DuoHarness> {
    const [database, server] = await Promise.all([migratedDatabase(), DuoServer.open()]);
    const source = await openDataSource({ url: database.url, schema: MFA_SCHEMA, poolSize: 2 });
    const sealer = new Sealer(`test:${Buffer.alloc(32, 7).toString('base64')}`);
    return new DuoHarness(server, new DeviceRepository(source, sealer), {
      sealer,
      source,
      sends: new MessageQuotaRepository(source),
      close: async () => {
        await server.close();
        await source.destroy();
        await database.drop();
      },
    });
  }

  close = () => this.resources.close();

  setUp(user: SavedUser | undefined, timeoutMs = 2000) {
    return driveStage(authenticatorDuoContract, new AuthenticatorDuoStage(this.devices, this.client(timeoutMs)), {
      context: user ? { pending_user: user } : {},
      config,
      request: { companions, step },
    });
  }

  validate(user: SavedUser, options: ValidateOptions = {}) {
    const duo = new DuoFactor(this.devices, this.client(options.timeoutMs), this.rateLimiter(options));
    const factors = [duo, ...(options.otherFactors ?? [])];
    const stage = validationStage({ ...this.resources, devices: this.devices }, factors);
    const client = { ip: '203.0.113.7', user_agent: 'vitest', outpost: options.outpost ?? false, cookies: {} };
    const request = { companions, client, timeout_ms: options.deadlineMs ?? 5000, ...options.request };
    const device_classes = factors.map(({ deviceClass }) => deviceClass);
    const stageConfig: Record<string, unknown> = { device_classes, not_configured_action: 'deny' };
    return driveStage(authenticatorValidateContract, stage, {
      context: { pending_user: user },
      config: stageConfig,
      request,
    });
  }

  /** Adds a user with a paired phone. */
  async addPairedUser(verified = false): Promise<SavedUser> {
    const user = newUser();
    const { id: handle } = this.server.add(user.username, { verified });
    const device = { id: user.uuid, user: user.uuid, kind: 'duo', name: 'Duo Authenticator' } as const;
    await this.devices.add({ ...device, handle, stage: STAGE });
    return user;
  }

  /** Deletes the devices of a user. */
  deleteDevices({ uuid }: SavedUser): Promise<unknown> {
    return this.resources.source.query('DELETE FROM mfa.devices WHERE user_id = $1', [uuid]);
  }

  /** Makes all previous pushes older by `seconds`, which changes their limits. */
  passTime(seconds: number): Promise<unknown> {
    const older = `sent_at - $1 * interval '1 second'`;
    return this.resources.source.query(`UPDATE mfa.sends SET sent_at = ${older}`, [seconds]);
  }

  /** Returns the Duo user of the fake server who has the same username. */
  duoUserOf = ({ username }: SavedUser) => [...this.server.users.values()].find((user) => user.username === username)!;

  /** Returns the pushes to the phone of a user. */
  pushesTo = ({ username }: SavedUser) =>
    this.server.pushes.filter(({ parameters }) => parameters['display_username'] === username);

  private rateLimiter({ cooldownMs = 60_000, maxPerHour = 20 }: ValidateOptions): PushRateLimiter {
    return new PushRateLimiter(this.resources.sends, this.resources.sealer, new DuoSettings(cooldownMs, maxPerHour));
  }

  private client(timeoutMs = 2000): DuoClient {
    return new DuoClient(new DuoConnection({ timeoutMs, url: this.server.url }));
  }
}
