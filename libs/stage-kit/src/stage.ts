import type {
  ApiVersion,
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

/** A request of the gateway, as the handler of the stage receives it. */
export interface ChallengeInput<C extends StageContract> {
  /** Id of the request. A retry has the same id, so a stage that writes data must write only once for each id. */
  readonly id: string;
  readonly config: Config<C>;
  readonly context: Reads<C>;
  /** State that an earlier reply of this step saved for this user. Absent if no reply saved a state. */
  readonly state?: State<C>;
  readonly flow: StageRequest['flow'];
  readonly step: StageRequest['step'];
  readonly site: StageRequest['site'];
  /** The API line of authentik whose rules apply. */
  readonly apiVersion: ApiVersion;
  readonly client: StageRequest['client'];
  readonly session: StageRequest['session'];
  /** All stages of the kinds that the contract lists in `companions`, by stage id, with their complete configs. */
  readonly companions: Readonly<Record<string, AttachedStage>>;
  /** Set in a preview, which knows only the user with this uuid (docs/spec/preview.md). */
  readonly preview?: NonNullable<StageRequest['preview']>;
  readonly query: StageRequest['query'];
  readonly locale: string;
  /** Stages to which the config refers, by the name of the config field. */
  readonly attached: Readonly<Record<string, AttachedStage>>;
  /** Milliseconds until the gateway stops waiting for the reply. */
  readonly timeLeftMs: () => number;
}

/** A request of the gateway with the visitor's response, as the contract's schema has parsed it. */
export interface RespondInput<C extends StageContract> extends ChallengeInput<C> {
  readonly response: Response<C>;
}

/**
 * The handler of one kind of stage. The gateway calls `challenge` on every GET of the step, so `challenge` must not
 * repeat side effects. A stage that needs no response passes or denies in `challenge`. `respond` judges one response.
 */
export interface Stage<C extends StageContract> {
  challenge(input: ChallengeInput<C>): StageOutcome<C> | Promise<StageOutcome<C>>;
  respond(input: RespondInput<C>): StageOutcome<C> | Promise<StageOutcome<C>>;
  /** Handles a response with invalid fields. A stage without this method rejects the response with `errors`. */
  refuse?(input: ChallengeInput<C>, errors: Errors): StageOutcome<C> | Promise<StageOutcome<C>>;
}
