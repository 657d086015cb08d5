import type { Device } from '@gatehouse/authenticators';
import type { AuditContext, DeviceClass, Effect, SavedUser, StageMessage, State } from '@gatehouse/contracts';
import type { ChallengeInput } from '@gatehouse/stage-kit';
import type { authenticatorValidateContract } from './validate/authenticator-validate.contract.js';

type Contract = typeof authenticatorValidateContract;
type FactorStates = State<Contract>['memory'];

/** The state that a factor keeps between two requests. It is a member of the validation stage's state. */
export type FactorState<K extends DeviceClass> = K extends keyof FactorStates
  ? NonNullable<FactorStates[K]>
  : undefined;

/** The data from which a factor builds its entry of the challenge: the request, the user and the user's devices. */
export interface FactorContext<K extends DeviceClass> {
  readonly input: ChallengeInput<Contract>;
  /** `undefined` while the user is not identified. */
  readonly user: SavedUser | undefined;
  /**
   * The user's devices of the factor's class, the most recently used device first. In `offer`, the device whose uid was
   * shown before comes first.
   */
  readonly devices: readonly Device[];
  readonly memory: FactorState<K> | undefined;
}

/** One entry in the challenge's list of devices. It stands for all of its `devices`, which have the same class. */
export interface DeviceOffer<K extends DeviceClass> {
  readonly uid: string;
  readonly challenge: Readonly<Record<string, unknown>>;
  readonly devices: readonly Device[];
  readonly memory?: FactorState<K> | undefined;
}

/** The result of the user's choice of an entry: the factor's new state and its effects, or the message of a refusal. */
export interface ChoiceResult<K extends DeviceClass> {
  readonly memory?: FactorState<K> | undefined;
  readonly refused?: StageMessage<Contract>;
  readonly effects?: readonly Extract<Effect, { type: 'mail' }>[];
}

/** The result of verifying an answer. */
export type ProofVerdict<K extends DeviceClass> =
  | {
      readonly type: 'right';
      readonly device: Device;
      /** Members that the stage adds to the entry of the device in `mfa_devices`. */
      readonly deviceFacts?: Readonly<Record<string, unknown>>;
      /** The owner of the device. Set if the proof has identified a user whom the plan did not know. */
      readonly user?: SavedUser;
      /** Members that the stage adds to `auth_method_args` in the context. */
      readonly methodArgs?: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: 'wrong';
      readonly message: StageMessage<Contract>;
      /** Whether the answer counts as an attempt. A malformed answer does not count. */
      readonly guessed: boolean;
      readonly memory?: FactorState<K> | undefined;
      /** Members that the stage adds to the context of the `login_failed` event. */
      readonly eventContext?: Pick<AuditContext<'login_failed'>, 'device' | 'duo_response'>;
    }
  /**
   * The user has not answered on the device yet. The stage shows the challenge again, with `message` when the visitor
   * must act.
   */
  | { readonly type: 'waiting'; readonly memory: FactorState<K>; readonly message?: StageMessage<Contract> };

/** An answer to a factor's entry of the challenge, with the data to verify the answer. */
export interface FactorAnswer<K extends DeviceClass> extends FactorContext<K> {
  /** The value of the factor's field in the response. */
  readonly answer: unknown;
  /** The entry as the challenge showed it. Devices that were deleted since then are left out. */
  readonly offer: DeviceOffer<K>;
}

/**
 * Base class of the factors. A factor offers and verifies the devices of one class in the validation stage. It has a
 * folder of its own, and is listed in `authenticator-validate.module.ts`.
 */
export abstract class Factor<K extends DeviceClass = DeviceClass> {
  abstract readonly deviceClass: K;
  /** The field of the response that contains the proof. */
  abstract readonly field: 'code' | 'webauthn' | 'duo';
  /** Whether a proof identifies its user, so that the factor is also offered to anonymous visitors. */
  readonly identifiesUser: boolean = false;
  /** Whether `verify` sends a message to the user. If so, the stage skips it after a wrong proof in another field. */
  readonly contactsUser: boolean = false;

  /**
   * Returns the entry for the devices of the context, or `undefined` if none of them is usable. The stage calls this
   * for each rendering of the challenge. If the entry was shown before, the device that gave it its `uid` comes first,
   * and the entry keeps the `uid` if it contains that device.
   */
  abstract offer(context: FactorContext<K>): DeviceOffer<K> | undefined | Promise<DeviceOffer<K> | undefined>;

  /** Handles the user's choice of the entry, for example by sending a code. */
  choose(_choice: FactorContext<K> & { readonly offer: DeviceOffer<K> }): ChoiceResult<K> | Promise<ChoiceResult<K>> {
    return {};
  }

  /**
   * Returns whether an answer looks like a proof of this factor. A wrong code that was tried on several entries counts
   * only for the entries with codes of that form.
   */
  resembles(_answer: FactorAnswer<K>): boolean {
    return true;
  }

  /** Verifies an answer, and consumes the proof. */
  abstract verify(answer: FactorAnswer<K>): Promise<ProofVerdict<K>>;
}
