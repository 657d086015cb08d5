import type { Device } from '@gatehouse/authenticators';
import type { DeviceClass, SavedUser, StageMessage, State } from '@gatehouse/contracts';
import type { ChallengeInput } from '@gatehouse/stage-kit';
import type { authenticatorValidateContract } from './validate/authenticator-validate.contract.js';

type Contract = typeof authenticatorValidateContract;
type Memories = State<Contract>['memory'];

/** What a kind remembers of what it asked, in the state of the validate stage. */
export type FactorState<K extends DeviceClass> = K extends keyof Memories ? NonNullable<Memories[K]> : undefined;

/** Who is asked for a proof, and by what. */
export interface FactorContext<K extends DeviceClass> {
  readonly input: ChallengeInput<Contract>;
  /** Undefined where nobody has said who they are. */
  readonly user: SavedUser | undefined;
  /** The user's devices of the kind, the last used first. */
  readonly devices: readonly Device[];
  readonly memory: FactorState<K> | undefined;
}

/** What a kind offers: one entry of the challenge, which stands for each of `devices`. */
export interface DeviceOffer<K extends DeviceClass> {
  readonly uid: string;
  readonly challenge: Readonly<Record<string, unknown>>;
  readonly devices: readonly Device[];
  readonly memory?: FactorState<K> | undefined;
}

/** What came of choosing an entry. */
export interface ChoiceResult<K extends DeviceClass> {
  readonly memory?: FactorState<K> | undefined;
  readonly refused?: StageMessage<Contract>;
}

/** What came of an answer. */
export type ProofVerdict<K extends DeviceClass> =
  | {
      readonly type: 'right';
      readonly device: Device;
      /** Whoever has proved who they are, where nobody had said it before; facts about how. */
      readonly user?: SavedUser;
      readonly args?: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: 'wrong';
      readonly message: StageMessage<Contract>;
      /** Whether it was a guess, to be counted; what is no answer at all is none. */
      readonly guessed: boolean;
      readonly memory?: FactorState<K> | undefined;
      /** For the event of the failure. */
      readonly facts?: Readonly<Record<string, unknown>>;
    }
  /** Nothing is decided yet: the same is asked again, with what the visitor must know to go on. */
  | { readonly type: 'waiting'; readonly memory: FactorState<K>; readonly message?: StageMessage<Contract> };

/** An answer for the entry that a kind offers. */
export interface FactorAnswer<K extends DeviceClass> extends FactorContext<K> {
  /** What stands in the kind's field of the response. */
  readonly answer: unknown;
  /** As it was offered, of the devices that are still there. */
  readonly offer: DeviceOffer<K>;
}

/** One kind of device, as the validate stage deals with it. A folder, and a line in `factors.ts`. */
export abstract class Factor<K extends DeviceClass = DeviceClass> {
  abstract readonly deviceClass: K;
  /** The field of a response that proves one of its devices. */
  abstract readonly field: 'code' | 'webauthn' | 'duo';
  /** Whether it can tell who somebody is, and so is offered to whoever has not said it. */
  readonly knowsItsOwner: boolean = false;
  /** Whether judging an answer disturbs somebody: it is not done for one that is refused anyway. */
  readonly asksSomebody: boolean = false;

  /** The entry for these devices; undefined when none of them can be used. Asked at every look, so it asks for the same again. */
  abstract offer(asking: FactorContext<K>): DeviceOffer<K> | undefined | Promise<DeviceOffer<K> | undefined>;

  /** What choosing the entry does, such as sending a code. */
  choose(_asking: FactorContext<K> & { readonly offer: DeviceOffer<K> }): ChoiceResult<K> | Promise<ChoiceResult<K>> {
    return {};
  }

  /** Judges an answer, and uses up what it was proved by. */
  abstract verify(answer: FactorAnswer<K>): Promise<ProofVerdict<K>>;
}
