import type { Device } from '@gatehouse/authenticators';
import type { DeviceClass, SavedUser, StageMessage, State } from '@gatehouse/contracts';
import type { ChallengeInput } from '@gatehouse/stage-kit';
import type { authenticatorValidateContract } from './validate/authenticator-validate.contract.js';

type Contract = typeof authenticatorValidateContract;
type FactorStates = State<Contract>['memory'];

/** The state that a factor keeps between two requests, as part of the state of the validation stage. */
export type FactorState<K extends DeviceClass> = K extends keyof FactorStates
  ? NonNullable<FactorStates[K]>
  : undefined;

/** What a factor needs to build its entry: the request, the user and the user's devices. */
export interface FactorContext<K extends DeviceClass> {
  readonly input: ChallengeInput<Contract>;
  /** `undefined` while the user is not identified. */
  readonly user: SavedUser | undefined;
  /** The devices of the user that belong to this class, the most recently used first. */
  readonly devices: readonly Device[];
  readonly memory: FactorState<K> | undefined;
}

/** One entry of the challenge, which stands for all of its `devices`. */
export interface DeviceOffer<K extends DeviceClass> {
  readonly uid: string;
  readonly challenge: Readonly<Record<string, unknown>>;
  readonly devices: readonly Device[];
  readonly memory?: FactorState<K> | undefined;
}

/** The result of choosing an entry. */
export interface ChoiceResult<K extends DeviceClass> {
  readonly memory?: FactorState<K> | undefined;
  readonly refused?: StageMessage<Contract>;
}

/** The result of verifying an answer. */
export type ProofVerdict<K extends DeviceClass> =
  | {
      readonly type: 'right';
      readonly device: Device;
      /** The owner of the device, when the device identified a user who was not yet known. */
      readonly user?: SavedUser;
      /** Added to `auth_method_args`. */
      readonly methodArgs?: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: 'wrong';
      readonly message: StageMessage<Contract>;
      /** Whether the answer counts as an attempt. A malformed answer does not. */
      readonly guessed: boolean;
      readonly memory?: FactorState<K> | undefined;
      /** Added to the context of the `login_failed` event. */
      readonly eventContext?: Readonly<Record<string, unknown>>;
    }
  /** The device has not answered yet. The challenge is shown again, with a message when the visitor must do something. */
  | { readonly type: 'waiting'; readonly memory: FactorState<K>; readonly message?: StageMessage<Contract> };

/** An answer to an entry of a factor. */
export interface FactorAnswer<K extends DeviceClass> extends FactorContext<K> {
  /** The value of the factor's field in the response. */
  readonly answer: unknown;
  /** The entry as it was shown, without the devices that were deleted since. */
  readonly offer: DeviceOffer<K>;
}

/** A class of devices in the validation stage. Each factor has a folder, and is listed in `authenticator-validate.module.ts`. */
export abstract class Factor<K extends DeviceClass = DeviceClass> {
  abstract readonly deviceClass: K;
  /** The field of the response that carries the proof. */
  abstract readonly field: 'code' | 'webauthn' | 'duo';
  /** Whether a proof identifies its user, so that the factor is also offered to anonymous visitors. */
  readonly identifiesUser: boolean = false;
  /** Whether verifying sends a message to the user. Skipped for an answer that is refused anyway. */
  readonly contactsUser: boolean = false;

  /**
   * Returns the entry for these devices, or `undefined` when none of them is usable. Called for each rendering of the challenge,
   * so it must return an equivalent entry until that entry is answered.
   */
  abstract offer(context: FactorContext<K>): DeviceOffer<K> | undefined | Promise<DeviceOffer<K> | undefined>;

  /** Handles the choice of the entry, for example by sending a code. */
  choose(_choice: FactorContext<K> & { readonly offer: DeviceOffer<K> }): ChoiceResult<K> | Promise<ChoiceResult<K>> {
    return {};
  }

  /** Verifies an answer, and consumes the proof. */
  abstract verify(answer: FactorAnswer<K>): Promise<ProofVerdict<K>>;
}
