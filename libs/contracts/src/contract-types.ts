import type { z } from 'zod';
import type { ContextKey, PlanContext } from './plan-context.js';
import type { StageContract } from './stage-contract.js';

export type Config<C extends StageContract> = z.output<C['config']>;
export type Challenge<C extends StageContract> = z.output<C['challenge']>;
export type Response<C extends StageContract> = z.output<C['response']>;
export type State<C extends StageContract> = z.output<C['state']>;
export type ErrorCode<C extends StageContract> = keyof C['errors'] & string;

type ReadKey<C extends StageContract> = keyof C['reads'] & ContextKey;
type Needed<C extends StageContract> = { [K in ReadKey<C>]: C['reads'][K] extends 'required' ? K : never }[ReadKey<C>];

type OwnValue<C extends StageContract, K extends keyof C['facts']> = z.output<C['facts'][K]['schema']>;
type OwnKey<C extends StageContract, U> = {
  [K in keyof C['facts']]: C['facts'][K] extends U ? K : never;
}[keyof C['facts']];

/** Type of the facts that a stage receives. Required facts are always present. */
export type Reads<C extends StageContract> = Partial<Pick<PlanContext, ReadKey<C>>> & {
  [K in Needed<C>]: NonNullable<PlanContext[K]>;
} & { [K in OwnKey<C, { reads: 'required' }>]: OwnValue<C, K> } & {
  [K in OwnKey<C, { reads: 'optional' }>]?: OwnValue<C, K>;
};
/** Type of the facts that a stage may write. Null removes a fact. */
export type Writes<C extends StageContract> = { [K in C['writes'][number]]?: PlanContext[K] | null } & {
  [K in OwnKey<C, { writes: true }>]?: OwnValue<C, K> | null;
};
