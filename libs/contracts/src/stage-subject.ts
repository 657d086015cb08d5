/** Verbs of the requests to a stage while a flow runs: return the challenge, or judge a response. */
export const FLOW_VERBS = ['challenge', 'respond'] as const;
export type StageVerb = (typeof FLOW_VERBS)[number];
/** Verbs of all requests to a stage. `describe` asks for its contract. */
export const STAGE_VERBS = [...FLOW_VERBS, 'describe'] as const;

/** Returns the subject of a stage and a verb, such as `stage.password.respond`. */
export const stageSubject = (kind: string, verb: (typeof STAGE_VERBS)[number]) => `stage.${kind}.${verb}`;
