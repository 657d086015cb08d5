import type { PolicyContract, PolicyRequest, PolicyResult } from '@gatehouse/contracts';
import type { Type } from '@nestjs/common';
import type { z } from 'zod';
import type { EvaluationContext } from './evaluation-context.js';

/** What a policy thinks, with what the visitor may read, whether it passes or not. */
export interface PolicyOutcome {
  readonly pass: boolean;
  readonly messages?: readonly string[];
  /** What it came to, where there is more to it than yes or no. */
  readonly value?: unknown;
}

/** Everything a policy knows when it is evaluated. */
export interface PolicyInput<C extends PolicyContract = PolicyContract> {
  readonly name: string;
  readonly config: z.output<C['config']>;
  readonly request: PolicyRequest;
  /** The plan's, as the policies before this one left them. */
  readonly facts: EvaluationContext;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
  readonly timeLeftMs: () => number;
  /** Ids of the policies that it may call by their names. */
  readonly calls: readonly string[];
  /** What another policy says, by its name, when it is given some more facts. Throws Undecidable for one that is not known. */
  readonly call: (name: string, facts: Readonly<Record<string, unknown>>) => Promise<PolicyResult>;
}

/** A kind of policy at work. Throws Undecidable, or anything else, when it cannot decide. */
export interface Policy<C extends PolicyContract = PolicyContract> {
  evaluate(question: PolicyInput<C>): PolicyOutcome | Promise<PolicyOutcome>;
}

/** A line of the catalogue. */
export interface PolicyEntry {
  readonly contract: PolicyContract;
  /** Loaded by the service that evaluates it, so that nobody else pulls a policy's own dependencies. */
  readonly policy: () => Promise<Type<Policy>>;
}

/** A policy cannot decide for a reason that its author should read: no fault of the house. */
export class UndecidedPolicyError extends Error {
  /** What the visitor may read all the same. */
  readonly messages: readonly string[];

  constructor(message: string, { messages = [], cause }: { messages?: readonly string[]; cause?: unknown } = {}) {
    super(message, { cause });
    this.messages = messages;
  }
}
