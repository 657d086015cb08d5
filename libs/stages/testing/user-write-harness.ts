import { randomUUID } from 'node:crypto';
import type { ApiVersion, PlanContext, SavedUser, StageRequest } from '@gatehouse/contracts';
import type { NewUser } from '@gatehouse/directory';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { PasswordHashClient } from '../src/enrollment/password-hash.client.js';
import { userWriteContract } from '../src/enrollment/user-write.contract.js';
import { UserWriteStage } from '../src/enrollment/user-write.stage.js';
import { type EnrollmentDatabase, openEnrollmentDatabase } from './enrollment-database.js';

interface WriteOptions {
  readonly config?: object;
  /** The logged-in user. */
  readonly user?: SavedUser | undefined;
  readonly id?: string;
  readonly context?: object;
  /** Id of the flow. */
  readonly flow?: string;
  readonly designation?: StageRequest['flow']['designation'];
  readonly apiVersion?: ApiVersion;
}

/** Returns a unique username. */
export const uniqueName = () => `user-${randomUUID()}`;

/** Runs the user write stage on its own database. The password hashes contain the passwords in plain text. */
export class UserWriteHarness {
  readonly passwordHashes = new ReadablePasswordHashes();
  readonly #flowId = randomUUID();

  private constructor(readonly database: EnrollmentDatabase) {}

  static async open(): Promise<UserWriteHarness> {
    return new UserWriteHarness(await openEnrollmentDatabase());
  }

  /** Returns the reply of the stage to a plan whose `prompt_data` is `data`. */
  write(data: object | undefined, { config = {}, user, id = randomUUID(), ...options }: WriteOptions = {}) {
    const { context = {}, flow = this.#flowId, designation = 'enrollment', apiVersion = '2024.8' } = options;
    const facts = { ...(data ? { prompt_data: data } : {}), ...context } as PlanContext;
    const request = {
      ...{ id, session: { user: user ?? null } },
      flow: { id: flow, slug: 'enrol', title: '', designation },
    };
    return driveStage(userWriteContract, new UserWriteStage(this.database.transactions, this.passwordHashes), {
      ...{ config: { ...config }, context: facts, request, apiVersion },
    }).show();
  }

  async count(): Promise<number> {
    return Number((await this.database.source.query('SELECT count(*) FROM directory.users'))[0].count);
  }

  async createUser(overrides: Partial<NewUser> = {}): Promise<SavedUser> {
    const created = await this.database.directory.createUser({
      username: uniqueName(),
      name: 'Somebody',
      ...overrides,
    });
    const { uuid, pk, username, name, email, is_active, epoch } = created;
    return { kind: 'saved', uuid, pk, username, name, email, is_active, epoch, locale: '' };
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

class ReadablePasswordHashes extends PasswordHashClient {
  readonly hashed: string[] = [];
  async hash(password: string) {
    this.hashed.push(password);
    return `hash of ${password}`;
  }
}
