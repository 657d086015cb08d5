import type {
  AttachedStage,
  Config,
  Errors,
  Reads,
  Response,
  StageContract,
  StageOutcome,
  StageRequest,
  State,
} from '@gatehouse/contracts';

/** The request of a step as its handler receives it. */
export interface ChallengeInput<C extends StageContract> {
  /** Idempotency key `<plan>.<revision>.<turn>`: a stage with data of its own writes once for each id. */
  readonly id: string;
  readonly config: Config<C>;
  readonly context: Reads<C>;
  /** State that the step saved for this user. Absent if it saved none. */
  readonly state?: State<C>;
  readonly flow: StageRequest['flow'];
  readonly step: StageRequest['step'];
  readonly site: StageRequest['site'];
  readonly client: StageRequest['client'];
  readonly session: StageRequest['session'];
  /** Every stage whose kind is listed in the contract's `companions`, with its complete config, by id. */
  readonly companions: Readonly<Record<string, AttachedStage>>;
  readonly query: StageRequest['query'];
  readonly locale: string;
  /** Stages that the config refers to, by config field. */
  readonly attached: Readonly<Record<string, AttachedStage>>;
  /** Milliseconds until the gateway stops waiting for the reply. */
  readonly timeLeftMs: () => number;
}

/** The request of a step with the visitor's response, parsed by the contract. */
export interface RespondInput<C extends StageContract> extends ChallengeInput<C> {
  readonly response: Response<C>;
}

/**
 * The handler of one kind of stage. `challenge` is called on every GET of the step, so it must not repeat side effects.
 * A stage that needs no answer passes or denies in `challenge`. `respond` judges one response.
 */
export interface Stage<C extends StageContract> {
  challenge(input: ChallengeInput<C>): StageOutcome<C> | Promise<StageOutcome<C>>;
  respond(input: RespondInput<C>): StageOutcome<C> | Promise<StageOutcome<C>>;
  /** Handles a response with invalid fields. Without this method the response is rejected with `errors`. */
  refuse?(input: ChallengeInput<C>, errors: Errors): StageOutcome<C>;
}
