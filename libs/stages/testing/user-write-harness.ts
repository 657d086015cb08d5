import { randomUUID } from 'node:crypto';
import type { PlanContext, SavedUser, StageRequest } from '@gatehouse/contracts';
import type { NewUser } from '@gatehouse/directory';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { PasswordHashClient } from '../src/enrollment/password-hash-client.js';
import { userWriteContract } from '../src/enrollment/user-write.contract.js';
import { UserWriteStage } from '../src/enrollment/user-write.stage.js';
import { type EnrolmentDatabase, enrolmentDatabase } from './enrollment-database.js';

interface Asked {
  readonly config?: object;
  /** Who is logged in. */
  readonly user?: SavedUser | undefined;
  readonly id?: string;
  readonly context?: object;
  /** The id of the flow, and what it is for. */
  readonly flow?: string;
  readonly designation?: StageRequest['flow']['designation'];
}

/** A name that nobody has. */
export const fresh = () => `user-${randomUUID()}`;

/** The user write stage over a database of its own, with hashes that a test can read. */
export class UserWriteHarness {
  readonly hashes = new ReadableHashes();
  readonly #here = randomUUID();

  private constructor(readonly database: EnrolmentDatabase) {}

  static async open(): Promise<UserWriteHarness> {
    return new UserWriteHarness(await enrolmentDatabase());
  }

  /** Asks the stage to write `data`; what comes of it. */
  write(data: object | undefined, { config = {}, user, id = randomUUID(), ...asked }: Asked = {}) {
    const { context = {}, flow = this.#here, designation = 'enrollment' } = asked;
    const facts = { ...(data ? { prompt_data: data } : {}), ...context } as PlanContext;
    const request = {
      ...{ id, session: { user: user ?? null } },
      flow: { id: flow, slug: 'enrol', title: '', designation },
    };
    return driveStage(userWriteContract, new UserWriteStage(this.database.enrolments, this.hashes), {
      ...{ config: { ...config }, context: facts, request },
    }).show();
  }

  async count(): Promise<number> {
    return Number((await this.database.source.query('SELECT count(*) FROM directory.users'))[0].count);
  }

  async somebody(more: Partial<NewUser> = {}): Promise<SavedUser> {
    const made = await this.database.register.createUser({ username: fresh(), name: 'Somebody', ...more });
    const { uuid, pk, username, name, email, is_active, epoch } = made;
    return { kind: 'saved', uuid, pk, username, name, email, is_active, epoch, locale: '' };
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

class ReadableHashes extends PasswordHashClient {
  readonly made: string[] = [];
  async hash(password: string) {
    this.made.push(password);
    return `hash of ${password}`;
  }
}
