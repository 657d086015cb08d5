import { DeviceRepository, MFA_SCHEMA, mfaMigrations } from '@gatehouse/authenticators';
import type { SavedUser, StageReply } from '@gatehouse/contracts';
import { migrate, openDataSource, Sealer } from '@gatehouse/platform';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { freshDatabase } from '../../../test/support/postgres.js';
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
import { AuthenticatorValidateStage } from '../src/mfa/validate/authenticator-validate.stage.js';
import { OfferBuilder } from '../src/mfa/validate/offer-builder.js';
import { ProofVerifier } from '../src/mfa/validate/proof-verifier.js';
import { RememberedProof } from '../src/mfa/validate/remembered-proof.js';
import { DuoServer, duoAccount } from './duo-server.js';

/** The stage that set the devices of the tests up. */
export const STAGE = 'a1b2c3d4-0000-4000-8000-000000000001';
export const config = {
  api_hostname: duoAccount.host,
  client_id: duoAccount.integrationKey,
  client_secret: duoAccount.secretKey,
};
const companions = { [STAGE]: { id: STAGE, name: 'duo', kind: 'authenticator_duo', model: 'm', config } };
const step = { id: 'step', name: 'duo', stage: STAGE, confirmed: true };

let people = 0;
/** Somebody nobody has seen before. */
export function newUser(): SavedUser {
  const n = String(++people);
  const uuid = `00000000-0000-4000-8000-${n.padStart(12, '0')}`;
  return {
    ...{ kind: 'saved', uuid, pk: people, username: `user-${n}`, name: '', email: '' },
    ...{ is_active: true, epoch: 1, locale: '' },
  };
}

export const challengeIn = (reply: StageReply) => (reply as Extract<StageReply, { challenge: object }>).challenge;
export const entryIn = (reply: StageReply) =>
  (challengeIn(reply)['device_challenges'] as { device_uid: string; challenge: { number?: string } }[])[0]!;

interface ValidateOptions {
  readonly timeoutMs?: number;
  readonly turnMs?: number;
  readonly restMs?: number;
  readonly mostAnHour?: number;
  readonly outpost?: boolean;
  readonly request?: object;
  /** What else the user may prove themselves by. */
  readonly others?: readonly Factor[];
}

/** A Duo on loopback, devices in a database of their own, and the stages that ask the one and keep the others. */
export class DuoHarness {
  private constructor(
    readonly server: DuoServer,
    readonly devices: DeviceRepository,
    private readonly parts: {
      sealer: Sealer;
      sends: MessageQuotaRepository;
      query: (sql: string, values: unknown[]) => Promise<unknown>;
      close: () => Promise<void>;
    },
  ) {}

  static async open(): Promise<DuoHarness> {
    const [database, server] = await Promise.all([freshDatabase(), DuoServer.open()]);
    await migrate({ url: database.url, schema: MFA_SCHEMA, migrations: mfaMigrations });
    const source = await openDataSource({ url: database.url, schema: MFA_SCHEMA, poolSize: 2 });
    const sealer = new Sealer(`test:${Buffer.alloc(32, 7).toString('base64')}`);
    return new DuoHarness(server, new DeviceRepository(source, sealer), {
      sealer,
      sends: new MessageQuotaRepository(source),
      query: (sql, values) => source.query(sql, values),
      close: async () => {
        await server.close();
        await source.destroy();
        await database.drop();
      },
    });
  }

  close = () => this.parts.close();

  setUp(user: SavedUser | undefined, timeoutMs = 2000) {
    return driveStage(authenticatorDuoContract, new AuthenticatorDuoStage(this.devices, this.duo(timeoutMs)), {
      context: user ? { pending_user: user } : {},
      config,
      request: { companions, step },
    });
  }

  validate(user: SavedUser, wishes: ValidateOptions = {}) {
    const memory = new RememberedProof(this.parts.sealer);
    const duo = new DuoFactor(this.devices, this.duo(wishes.timeoutMs), this.pushes(wishes));
    const factors = [duo, ...(wishes.others ?? [])];
    const stage = new AuthenticatorValidateStage(
      new OfferBuilder(this.devices, factors),
      new ProofVerifier(memory),
      memory,
    );
    const client = { ip: '203.0.113.7', user_agent: 'vitest', outpost: wishes.outpost ?? false, cookies: {} };
    const request = { companions, client, timeout_ms: wishes.turnMs ?? 5000, ...wishes.request };
    const device_classes = factors.map(({ deviceClass }) => deviceClass);
    const given: Record<string, unknown> = { device_classes, not_configured_action: 'deny' };
    return driveStage(authenticatorValidateContract, stage, {
      context: { pending_user: user },
      config: given,
      request,
    });
  }

  /** A user whose phone is paired. */
  async paired(verified = false): Promise<SavedUser> {
    const user = newUser();
    const { id: handle } = this.server.add(user.username, { verified });
    const device = { id: user.uuid, user: user.uuid, kind: 'duo', name: 'Duo Authenticator' } as const;
    await this.devices.add({ ...device, handle, stage: STAGE });
    return user;
  }

  /** Somebody's devices are removed. */
  forget({ uuid }: SavedUser): Promise<unknown> {
    return this.parts.query('DELETE FROM mfa.devices WHERE user_id = $1', [uuid]);
  }

  /** How Duo knows a user. */
  at = ({ username }: SavedUser) => [...this.server.users.values()].find((user) => user.username === username)!;

  /** The messages that were sent to a user's phone. */
  pushesTo = ({ username }: SavedUser) =>
    this.server.pushes.filter(({ parameters }) => parameters['display_username'] === username);

  private pushes({ restMs = 60_000, mostAnHour = 20 }: ValidateOptions): PushRateLimiter {
    return new PushRateLimiter(this.parts.sends, this.parts.sealer, new DuoSettings(restMs, mostAnHour));
  }

  private duo(timeoutMs = 2000): DuoClient {
    return new DuoClient(new DuoConnection({ timeoutMs, url: this.server.url }));
  }
}
